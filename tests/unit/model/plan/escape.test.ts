import { expect } from "chai";
import { codeHtml, codeSpan, plainText } from "../../../../provider/model/plan/escape.ts";

describe("untrusted text in Markdown", () => {
  for (const [text, expected] of [
    ["192.168.50.10/24", "`192.168.50.10/24`"],
    ["fd50::10/64", "`fd50::10/64`"],
    ["", `<code>""</code>`],
    ["a|b", "<code>a&#124;b</code>"],
    ["a\\|b", "<code>a&#92;&#124;b</code>"],
    ["`", "<code>&#96;</code>"],
    ["</code><img src=x>", "<code>&#60;/code&#62;&#60;img src&#61;x&#62;</code>"],
    ["@all *x* [y](z) #1 !", "<code>&#64;all &#42;x&#42; &#91;y&#93;(z) &#35;1 &#33;</code>"],
    ["one\ntwo", "<code>one&#92;u&#123;a&#125;two</code>"],
    ["abc\u202edef", "<code>abc&#92;u&#123;202e&#125;def</code>"],
    ["&amp;", "<code>&#38;amp;</code>"],
    [" padded ", "<code> padded </code>"],
  ] as const)
    it(`is shown literally: ${JSON.stringify(text)}`, () => expect(codeSpan(text)).to.equal(expected));

  it("is cut when it is long", () => expect(codeSpan("x".repeat(300))).to.equal(`<code>${"x".repeat(200)}…</code>`));

  it("makes no link next to other words", () =>
    expect(plainText("www.example.org http://10.0.0.1")).to.equal("www&#46;example&#46;org http&#58;//10.0.0.1"));

  it("is plain HTML where Markdown isn't parsed", () => expect(codeHtml("eth1")).to.equal("<code>eth1</code>"));
});
