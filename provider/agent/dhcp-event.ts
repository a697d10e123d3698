#!/usr/bin/env node
import { takenVariables } from "../model/lease/dhcp-variables.ts";

/*
 * udhcpc runs this program at each event, with the server's options in the environment. The program prints the allowed
 * options as one line of JSON on udhcpc's stdout. It isn't a shell script, so that no option is ever interpreted as a
 * command.
 */

const [, , event] = process.argv;
const taken = Object.keys(takenVariables).map((name) => [name, process.env[name]]);
process.stdout.write(`${JSON.stringify({ event, ...Object.fromEntries(taken) })}\n`);
