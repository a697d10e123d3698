import * as z from "zod";

/*
 * Has zod interpret schemas. By default it compiles them, which takes longer than a session's few values take to parse.
 * This must be imported before any schema is made.
 */
z.config({ jitless: true });
