// USearch beside us. Reads commands, one JSON object per line, answers each with one.
//   npm install --prefix FOLDER usearch; AFTERIMAGE_PEERS=FOLDER
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.AFTERIMAGE_PEERS, "package.json"));
const usearch = require("usearch");
const [vectorFile, queryFile, indexFile, quantization, connectivity, expansionAdd] = process.argv.slice(2);

const open = (file) => {
    const handle = fs.openSync(file, "r");
    const head = new Int32Array(2);
    fs.readSync(handle, new Uint8Array(head.buffer), 0, 8, 0);
    const [rows, dimensions] = head;
    const read = (start, count) => {
        const part = new Float32Array(count * dimensions);
        fs.readSync(handle, new Uint8Array(part.buffer), 0, part.byteLength, 8 + start * dimensions * 4);
        return part;
    };
    return { rows, dimensions, read };
};
const vectors = open(vectorFile);
const { dimensions } = vectors;
const anonymous = () => Number(/RssAnon:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
const make = (expansion) => new usearch.Index({
    dimensions, metric: "cos", quantization,
    connectivity: Number(connectivity), expansion_add: Number(expansionAdd), expansion_search: expansion,
});
let index;

const commands = {
    build() {
        index = make(64);
        let microseconds = 0;
        for (let start = 0; start < vectors.rows; start += 10000) {
            const rows = Math.min(10000, vectors.rows - start);
            const part = vectors.read(start, rows);
            const keys = BigUint64Array.from({ length: rows }, (_, i) => BigInt(start + i));
            const before = process.cpuUsage();
            index.add(keys, part, 1);
            const used = process.cpuUsage(before);
            microseconds += used.user + used.system;
        }
        index.save(indexFile + ".new");
        fs.renameSync(indexFile + ".new", indexFile);
        return { insertsPerSecond: vectors.rows / (microseconds / 1e6) };
    },
    load(expansion) {
        index = make(expansion);
        index.load(indexFile);
        return { bytes: anonymous() };
    },
    search() {
        const queries = open(queryFile);
        const all = queries.read(0, queries.rows);
        const nearest = [];
        const times = [];
        for (let q = 0; q < queries.rows; q++) {
            const query = all.subarray(q * dimensions, (q + 1) * dimensions);
            const before = process.hrtime.bigint();
            const found = index.search(query, 1, 1);
            times.push(Number(process.hrtime.bigint() - before) / 1000);
            nearest.push(Number(found.keys[0]));
        }
        times.sort((a, b) => a - b);
        return { microseconds: times[times.length >> 1], nearest };
    },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
    const { command, expansion } = JSON.parse(line);
    console.log(JSON.stringify(commands[command](expansion)));
}
