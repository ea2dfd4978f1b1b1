"""The project's tests: a folder a package, a module each for the module it tests."""
