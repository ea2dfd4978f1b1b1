"""The project's tests. Each folder is a package, with one test module per source module."""
