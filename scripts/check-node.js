// Plain JavaScript, so that an old Node can still run it and report that it is too old.
const needed = 24;
const found = Number(process.versions.node.split('.')[0]);
if (found < needed) {
  console.error(
    `This needs Node ${needed} or newer, but found ${process.versions.node}. On Linux and Windows, \`npm ci\` installs it ` +
      '(was it run with --omit=optional?); on macOS and other machines, please install Node 24.',
  );
  process.exitCode = 1;
}
