// The entry for `import`. It gives the same classes as `require` does, so that an error which one half of a program throws
// is known to the other.

export * from './index.js';
