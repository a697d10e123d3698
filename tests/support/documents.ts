import GithubSlugger from "github-slugger";
import { marked, type Token, type Tokens } from "marked";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** One Markdown file of the repository. */
export interface Document {
  /** Path from the root of the repository. */
  readonly path: string;
  /** Targets of links and images, as written. */
  readonly links: readonly string[];
  /** The anchors of the document's headings on GitHub. */
  readonly anchors: readonly string[];
  /** Inline code. */
  readonly spans: readonly string[];
  /** Fenced code, with the language given. */
  readonly blocks: readonly { readonly language: string; readonly text: string }[];
}

/** All Markdown files for readers, sorted by path. */
export function readDocuments(): Document[] {
  return ["", "docs", "examples", "tests", ".github"]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap(markdownIn)
    .sort()
    .map(readDocument);
}

function markdownIn(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: folder !== "", encoding: "utf8" });
  return names
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(".md") && !/(^|\/)(node_modules|fixtures)\//.test(path));
}

function readDocument(path: string): Document {
  const tokens: Token[] = [];
  void marked.walkTokens(marked.lexer(readFileSync(join(root, path), "utf8")), (token) => void tokens.push(token));
  const ofType = <T extends Token>(type: T["type"]) => tokens.filter((token): token is T => token.type === type);
  const slugger = new GithubSlugger();
  return {
    path,
    links: [...ofType<Tokens.Link>("link"), ...ofType<Tokens.Image>("image")].map(({ href }) => href),
    anchors: ofType<Tokens.Heading>("heading").map(({ tokens }) => slugger.slug(plainText(tokens))),
    spans: ofType<Tokens.Codespan>("codespan").map(({ text }) => text),
    blocks: ofType<Tokens.Code>("code").map(({ lang = "", text }) => ({ language: lang, text })),
  };
}

/** The text of Markdown, without its marks. */
export function plainText(tokens: readonly Token[]): string {
  return tokens.map((token) => ("tokens" in token && token.tokens ? plainText(token.tokens) : textOf(token))).join("");
}

function textOf(token: Token): string {
  return "text" in token ? (token.text as string) : "";
}
