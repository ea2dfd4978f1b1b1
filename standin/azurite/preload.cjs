// Loaded before Azurite.
"use strict";
const { createRequire } = require("node:module");
const { Server } = require("node:net");

// The telemetry library takes longer to load than everything else together, and telemetry is off.
const fromAzurite = createRequire(process.argv[1]);
fromAzurite.cache[fromAzurite.resolve("applicationinsights")] = { exports: {}, loaded: true };

// The port is the system's choice; whoever started Azurite reads it here.
const { listen } = Server.prototype;
Server.prototype.listen = function (...options) {
  this.once("listening", () => console.log(`listening ${this.address().port}`));
  return listen.apply(this, options);
};

// Azurite ends together with its parent, also when that is killed.
process.stdin.resume();
process.stdin.on("close", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
