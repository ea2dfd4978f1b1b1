// Loaded before Azurite.
"use strict";
const { createRequire } = require("node:module");
const { Server } = require("node:net");

// The telemetry library takes longer to load than everything else combined, and telemetry is off.
const fromAzurite = createRequire(process.argv[1]);
fromAzurite.cache[fromAzurite.resolve("applicationinsights")] = { exports: {}, loaded: true };

// The system chooses the port; the process that started Azurite reads it here.
const { listen } = Server.prototype;
Server.prototype.listen = function (...options) {
  this.once("listening", () => console.log(`listening ${this.address().port}`));
  return listen.apply(this, options);
};

// Azurite ends with its parent process, even if that is killed.
process.stdin.resume();
process.stdin.on("close", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
