// Keeps ONNX Runtime sessions open and times runs on request, one JSON object per line in both directions:
//   {"model": PATH, "threads": N, "batch": B, "tokens": T, "runs": R}  ->  {"ms": shortest run}
const readline = require('node:readline');
const ort = require('onnxruntime-node');

const sessions = new Map();

async function session(model, threads) {
  const key = `${threads} ${model}`;
  if (!sessions.has(key)) {
    sessions.set(key, await ort.InferenceSession.create(model, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
    }));
  }
  return sessions.get(key);
}

async function answer({ model, threads, batch, tokens, runs, ids }) {
  const open = await session(model, threads);
  const size = batch * tokens;
  const input = new BigInt64Array(size);
  const mask = new BigInt64Array(size).fill(1n);
  for (let i = 0; i < size; i++) input[i] = BigInt(ids ? ids[i] : 1000 + ((i * 7919) % 20000));
  const feeds = {
    input_ids: new ort.Tensor('int64', input, [batch, tokens]),
    attention_mask: new ort.Tensor('int64', mask, [batch, tokens]),
  };
  let best = Infinity;
  let first = [];
  for (let i = 0; i < runs; i++) {
    const start = process.hrtime.bigint();
    const { hidden } = await open.run(feeds);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
    first = ids ? Array.from(hidden.data.slice(0, hidden.dims[2])) : [];
  }
  return { ms: best, first };
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify(await answer(JSON.parse(line))));
    } catch (fault) {
      console.log(JSON.stringify({ error: String(fault) }));
    }
  }
})();
