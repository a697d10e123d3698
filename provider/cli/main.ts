#!/usr/bin/env node
import { basename } from "node:path";
import { runCommandLine } from "./command-line.ts";

// kubectl runs plug-ins under their file name.
const name = basename(process.argv[1] ?? "").startsWith("kubectl-vnic") ? "kubectl vnic" : "pulumi-vnic";
process.exitCode = await runCommandLine(name, process.argv.slice(2));
