export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/test/support/strip-types.js" },
  modulePathIgnorePatterns: ["<rootDir>/dist", "<rootDir>/.accolade"],
  globalSetup: "<rootDir>/test/support/start-postgres.ts",
  globalTeardown: "<rootDir>/test/support/stop-postgres.ts",
  testTimeout: 30_000,
  maxWorkers: 2,
  // modules of earlier files are never let go of whole; a worker that has grown this far spends its time collecting garbage
  workerIdleMemoryLimit: "1200MB",
};
