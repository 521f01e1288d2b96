// How the page is built: from client/page to build/page, everything in files of its own, because the page's security
// policy allows nothing inline. Read by Vite on Node; no network, and the same output for the same sources.

// The client and the schemas only define things: what nothing of the page uses is left out.
const rolldownOptions = {
  treeshake: { moduleSideEffects: [{ test: /\/(client\/(?!page\/)|schemas\/)/, sideEffects: false }] },
};

/** Takes methods out of modules whose path has `where` in it, and ends the build where one of them is called after all. */
function withoutMethods(name, where, methods) {
  const removed = new Set();
  return {
    name,
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes(where)) return null;
      const lean = code.replace(methods, (_, method) => {
        removed.add(method);
        return '';
      });
      return { code: lean, map: null };
    },
    generateBundle(_, bundle) {
      for (const { fileName, code = '' } of Object.values(bundle)) {
        for (const method of removed) {
          if (new RegExp(`\\.${method}\\b`).test(code))
            this.error(`${fileName} calls ${method}, which ${name} takes out.`);
        }
      }
    },
  };
}

// flatc gives every class roots of its own, and what reads and writes each field in every way; a bundler leaves methods
// where they are: those that nobody calls weigh more than the page can spare.
const leanGenerated = () =>
  withoutMethods(
    'lean-generated',
    '/schemas/generated/',
    /^(?:static )?((?:getSizePrefixedRootAs|finishSizePrefixed|getRootAs(?!ControlFrame|LogonTerms)|start(?!Marks|Resume)\w+Vector|bufferHasIdentifier|(?:nonce|terms|signature)Length|zero\d+|appliedArray|(?:create|start|end)(?:RolledBack|Resumed|Subscribed|Status)\b)\w*)\([\s\S]*?^\}$/gm,
  );

// A page without a key is never sent a Snapshot, and never says what a venue does: what reads the one and writes the others goes.
const OF_A_VENUE =
  /^ {4}case (?:ControlBody\.Snapshot|'(?:RolledBack|Resumed|Subscribed|Status)'):\n.*$|^function decodeSnapshot[\s\S]*?^\}$/gm;
const OF_A_VENUE_PARTS = 6;
const leanControl = () => ({
  name: 'lean-control',
  enforce: 'pre',
  transform(code, id) {
    const name = /\/schemas\/generated\/(event|snapshot)\.[jt]s$/.exec(id)?.[1];
    if (name !== undefined) return { code: `export class ${name === 'event' ? 'Event' : 'Snapshot'} {}`, map: null };
    if (!/\/schemas\/control\.[jt]s$/.test(id)) return null;
    if (code.match(OF_A_VENUE)?.length !== OF_A_VENUE_PARTS) this.error(`${id} is not as lean-control knows it.`);
    return { code: code.replace(OF_A_VENUE, ''), map: null };
  },
});

// The same of FlatBuffers themselves: numbers and vectors that no message of the page has.
const leanFlatBuffers = () =>
  withoutMethods(
    'lean-flatbuffers',
    '/flatbuffers/',
    /^ {4}(readInt64|readFloat\d+|writeUint(?:8|16|64)|getBufferIdentifier|createScalarList|createObjList|addField(?:Float\d+|Struct)|finishSizePrefixed|createSharedString|createByteVector|createStructOffsetList)\([\s\S]*?^ {4}\}$/gm,
  );

// A bundler keeps whatever is hung on the class of a chart: how bars and splines are drawn, too, and nothing here draws them.
const leanCharts = {
  name: 'lean-charts',
  enforce: 'pre',
  transform(code, id) {
    if (!id.includes('/uplot/')) return null;
    return { code: code.replace(/\(?paths\.(?:bars|spline)\s*= \w+\)?;/g, ''), map: null };
  },
};

export default {
  root: import.meta.dirname,
  base: './',
  plugins: [leanGenerated(), leanControl(), leanFlatBuffers(), leanCharts],
  publicDir: false,
  cacheDir: '../../build/page-cache',
  build: {
    outDir: '../../build/page',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions,
  },
  worker: { format: 'es', plugins: () => [leanGenerated(), leanControl(), leanFlatBuffers()], rolldownOptions },
};
