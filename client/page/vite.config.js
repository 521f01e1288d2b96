// How the page is built: from client/page to build/page, everything in files of its own, because the page's security
// policy allows nothing inline. Read by Vite on Node; no network, and the same output for the same sources.

// The client and the schemas only define things: what nothing of the page uses is left out.
const rolldownOptions = {
  treeshake: { moduleSideEffects: [{ test: /\/(client\/(?!page\/)|schemas\/)/, sideEffects: false }] },
};

export default {
  root: import.meta.dirname,
  base: './',
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
  worker: { format: 'es', rolldownOptions },
};
