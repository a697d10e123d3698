/** The section of a changelog about one version: the version's own section, or the unreleased one. */
export function changesOf(changelog: string, version: string): string {
  const sections = changelog.split(/^## /m).slice(1);
  const named = (name: string) => sections.find((section) => section.split(/\s/, 1)[0] === name);
  const section = named(version) ?? named("Unreleased");
  const text = section?.slice(section.indexOf("\n")).trim() ?? "";
  if (text === "") throw new Error(`CHANGELOG.md: it has no section on ${version}, nor on what is unreleased`);
  return `${text}\n`;
}
