// How the page is built: from client/page to build/page, everything in files of its own, because the page's security
// policy allows nothing inline. Read by Vite on Node; no network, and the same output for the same sources.

// The client and the schemas only define things: what nothing of the page uses is left out.
const rolldownOptions = {
  treeshake: { moduleSideEffects: [{ test: /\/(client\/(?!page\/)|schemas\/)/, sideEffects: false }] },
};

// flatc gives every class roots of its own, and a bundler leaves methods where they are: those that nobody calls weigh more
// than the page can spare.
const leanGenerated = {
  name: 'lean-generated',
  enforce: 'pre',
  transform(code, id) {
    if (!id.includes('/schemas/generated/')) return null;
    const unused =
      /^static (?:getSizePrefixedRootAs|finishSizePrefixed|getRootAs(?!ControlFrame|LogonTerms))\w+\([\s\S]*?^\}$/gm;
    return { code: code.replace(unused, ''), map: null };
  },
};

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
  base: '.',
  plugins: [leanGenerated, leanCharts],
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
  worker: { format: 'es', plugins: () => [leanGenerated], rolldownOptions },
};
