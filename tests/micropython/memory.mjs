// Runs the whole application on the npm build of MicroPython, whose objects are as large as on the
// ESP32: node memory.mjs FOLDER MINUTES, a folder that firmware/compile.py laid out for the virtual
// board. This VM collects only between two calls from here, so here is where the heap is measured;
// what a minute leaves behind is counted, too. Prints one line of JSON.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript";

const here = dirname(fileURLToPath(import.meta.url));
const HEAP_BYTES = 16 * 1024 * 1024; // all that a minute leaves behind stays until its end
const MINUTES = Number(process.argv[3]);

function copy(vm, from, to) {
  vm.FS.mkdirTree(to);
  for (const name of readdirSync(from)) {
    const path = join(from, name);
    if (statSync(path).isDirectory()) copy(vm, path, `${to}/${name}`);
    else vm.FS.writeFile(`${to}/${name}`, readFileSync(path));
  }
}

const vm = await loadMicroPython({
  heapsize: HEAP_BYTES,
  linebuffer: true,
  stdout: (line) => console.log(line),
  stderr: (line) => console.error(line),
});
copy(vm, process.argv[2], "/flash");
vm.FS.unlink("/flash/a/hostlink.mpy"); // it needs a socket; memory_hostlink.py takes its place
vm.FS.writeFile("/hostlink.py", readFileSync(join(here, "memory_hostlink.py")));
vm.FS.writeFile("/os.py", readFileSync(join(here, "memory_os.py")));
run("import gc, sys");
run("sys.path[:] = ['/', '/flash/a', '/flash/a/lib', '/flash']");
run("import os");

function run(text) {
  try {
    vm.runPython(text);
  } catch (error) {
    console.error(error.message); // the error itself carries the whole VM
    process.exit(1);
  }
}

function held() {
  run("gc.collect()");
  run("held = gc.mem_alloc()");
  return vm.globals.get("held");
}

run(readFileSync(join(here, "memory.py"), "utf-8"));
const before = held();
run("import_core()");
const core = held();
run("import_board()");
const board = held();
const simulated = board - core;
run("groups = len(GROUPS)");
const groups = [core - before];
for (let group = 0; group < vm.globals.get("groups"); group++) {
  const earlier = held();
  run(`import_group(${group})`);
  groups.push(held() - earlier);
}
const loaded = held();
run("start()");
const started = held();
const others = before + simulated;
const minutes = [];
for (let minute = 1; minute <= MINUTES; minute++) {
  run(`held = turn(${minute})`);
  const all = vm.globals.get("held");
  const kept = held();
  minutes.push([kept - others, all - kept]);
}
run("import json; told = json.dumps(report())");
const found = {
  simulated_bytes: simulated,
  groups_bytes: groups, // the first: the loader, frames and wire
  loaded_bytes: loaded - others,
  started_bytes: started - others,
  minutes, // [held, left behind]
  ...JSON.parse(vm.globals.get("told")),
};
console.log(JSON.stringify(found));
