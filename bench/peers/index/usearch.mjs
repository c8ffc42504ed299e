// USearch beside us. Reads commands, one JSON object per line, answers each with one.
//   npm install --prefix FOLDER usearch; AFTERIMAGE_PEERS=FOLDER
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(path.join(process.env.AFTERIMAGE_PEERS, "package.json"));
const usearch = require("usearch");
const [file, quantization, connectivity, expansionAdd, expansionSearch] = process.argv.slice(2);

const handle = fs.openSync(file, "r");
const head = new Int32Array(3);
fs.readSync(handle, new Uint8Array(head.buffer), 0, 12, 0);
const [count, queryCount, dimensions] = head;
const floats = (start, rows) => {
    const part = new Float32Array(rows * dimensions);
    fs.readSync(handle, new Uint8Array(part.buffer), 0, part.byteLength, 12 + start * dimensions * 4);
    return part;
};
const queries = floats(count, queryCount);
const anonymous = () => Number(/RssAnon:\s+(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
let index;

const commands = {
    build() {
        index = new usearch.Index({
            dimensions, metric: "cos", quantization,
            connectivity: Number(connectivity), expansion_add: Number(expansionAdd), expansion_search: Number(expansionSearch),
        });
        let microseconds = 0;
        for (let start = 0; start < count; start += 10000) {
            const rows = Math.min(10000, count - start);
            const part = floats(start, rows);
            const keys = BigUint64Array.from({ length: rows }, (_, i) => BigInt(start + i));
            const before = process.cpuUsage();
            index.add(keys, part, 1);
            const used = process.cpuUsage(before);
            microseconds += used.user + used.system;
        }
        return { insertsPerSecond: count / (microseconds / 1e6), bytes: anonymous() };
    },
    search() {
        const nearest = [];
        const times = [];
        for (let q = 0; q < queryCount; q++) {
            const query = queries.subarray(q * dimensions, (q + 1) * dimensions);
            const before = process.hrtime.bigint();
            const found = index.search(query, 1, 1);
            times.push(Number(process.hrtime.bigint() - before) / 1000);
            nearest.push(Number(found.keys[0]));
        }
        times.sort((a, b) => a - b);
        return { microseconds: times[times.length >> 1], mean: times.reduce((a, b) => a + b) / times.length, nearest };
    },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(commands[JSON.parse(line).command]()));
}
