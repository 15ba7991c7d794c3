// Runs a script of this folder on the npm build of MicroPython: node run.mjs check_vectors.py
// The VM has its own file system, so the sources and the golden files are copied in first.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));

function copy(vm, from, to) {
  vm.FS.mkdirTree(to);
  for (const name of readdirSync(from)) {
    const path = join(from, name);
    if (statSync(path).isFile() && /\.(py|json)$/.test(name)) {
      vm.FS.writeFile(`${to}/${name}`, readFileSync(path));
    }
  }
}

const vm = await loadMicroPython({
  heapsize: 1024 * 1024,
  linebuffer: true,
  stdout: (line) => console.log(line),
  stderr: (line) => console.error(line),
});
copy(vm, join(root, "firmware/lib/posturecore"), "/lib/posturecore");
copy(vm, join(root, "firmware/drivers"), "/lib/drivers");
copy(vm, join(root, "tests/vectors"), "/tests/vectors");
vm.runPython(`
import os, sys
sys.path[:] = ["/lib", "/tests/vectors"]
os.chdir("/")
`);
vm.runPython(readFileSync(join(here, process.argv[2]), "utf-8"));
