/** What Vite makes of an import that is no code. */
declare module '*.css';
