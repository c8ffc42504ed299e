"""hnswlib and FAISS beside us. Reads commands, one JSON object per line, answers each with one.

apt-get install python3-hnswlib python3-faiss
"""
import json
import re
import sys
import time

import numpy

path, library, connectivity, expansion_add, expansion_search = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
count, query_count, dimensions = map(int, numpy.fromfile(path, numpy.int32, 3))
data = numpy.memmap(path, numpy.float32, "r", 12, (count + query_count, dimensions))
queries = numpy.ascontiguousarray(data[count:])
index = None


def anonymous():
    return int(re.search(r"RssAnon:\s+(\d+)", open("/proc/self/status").read()).group(1)) * 1024


def make():
    if library == "hnswlib":
        import hnswlib

        made = hnswlib.Index("ip", dimensions)
        made.init_index(count, M=connectivity, ef_construction=expansion_add)
        made.set_ef(expansion_search)
        made.set_num_threads(1)
        return made, lambda part, start: made.add_items(part, numpy.arange(start, start + len(part)), num_threads=1), lambda q: made.knn_query(q, 1)[0][0][0]
    import faiss

    faiss.omp_set_num_threads(1)
    if library == "faiss-flat":
        made = faiss.IndexFlatIP(dimensions)
    else:
        made = faiss.IndexHNSWFlat(dimensions, connectivity, faiss.METRIC_INNER_PRODUCT)
        made.hnsw.efConstruction = expansion_add
        made.hnsw.efSearch = expansion_search
    return made, lambda part, start: made.add(part), lambda q: made.search(q, 1)[1][0][0]


def build():
    global index
    index = make()
    seconds = 0
    for start in range(0, count, 10000):
        part = numpy.ascontiguousarray(data[start : min(count, start + 10000)])
        before = time.process_time()
        index[1](part, start)
        seconds += time.process_time() - before
    return {"insertsPerSecond": count / seconds, "bytes": anonymous()}


def search():
    times, nearest = [], []
    for q in range(query_count):
        before = time.perf_counter()
        found = index[2](queries[q : q + 1])
        times.append((time.perf_counter() - before) * 1e6)
        nearest.append(int(found))
    return {"microseconds": sorted(times)[len(times) // 2], "mean": sum(times) / len(times), "nearest": nearest}


for line in sys.stdin:
    print(json.dumps({"build": build, "search": search}[json.loads(line)["command"]]()), flush=True)
