#!/usr/bin/env node
import { takenVariables } from "../model/lease/dhcp-variables.ts";

/*
 * What udhcpc runs at each event, with what the server sent in its environment. A program rather than a shell script, so that
 * nothing of it is ever read as a command: it says the allowed part as one line of JSON, to whoever listens to udhcpc.
 */

const [, , event] = process.argv;
const taken = Object.keys(takenVariables).map((name) => [name, process.env[name]]);
process.stdout.write(`${JSON.stringify({ event, ...Object.fromEntries(taken) })}\n`);
