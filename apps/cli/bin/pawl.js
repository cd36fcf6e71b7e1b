#!/usr/bin/env node
// Here rather than in dist, so that the command is linked at install, before the first build.
import "../dist/main.js";
