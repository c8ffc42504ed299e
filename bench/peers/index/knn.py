"""hnswlib and FAISS beside us. Reads commands, one JSON object per line, answers each with one.

apt-get install python3-hnswlib python3-faiss
"""
import json
import os
import re
import sys
import time

import numpy

vector_file, query_file, index_file, library = sys.argv[1:5]
connectivity, expansion_add = map(int, sys.argv[5:7])


def open_rows(path):
    rows, dimensions = map(int, numpy.fromfile(path, numpy.int32, 2))
    return numpy.memmap(path, numpy.float32, "r", 8, (rows, dimensions))


vectors = open_rows(vector_file)
count, dimensions = vectors.shape


def anonymous():
    return int(re.search(r"RssAnon:\s+(\d+)", open("/proc/self/status").read()).group(1)) * 1024


class Hnswlib:
    def __init__(self):
        import hnswlib

        self.index = hnswlib.Index("ip", dimensions)

    def begin(self):
        self.index.init_index(count, M=connectivity, ef_construction=expansion_add)

    def add(self, part, start):
        self.index.add_items(part, numpy.arange(start, start + len(part)), num_threads=1)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path, expansion):
        self.index.load_index(path)
        self.index.set_ef(expansion)
        self.index.set_num_threads(1)

    def search(self, query):
        return self.index.knn_query(query, 1, num_threads=1)[0][0][0]


class Faiss:
    def __init__(self):
        import faiss

        faiss.omp_set_num_threads(1)
        self.faiss = faiss

    def begin(self):
        self.index = self.faiss.IndexHNSWFlat(dimensions, connectivity, self.faiss.METRIC_INNER_PRODUCT)
        self.index.hnsw.efConstruction = expansion_add

    def add(self, part, start):
        self.index.add(part)

    def save(self, path):
        self.faiss.write_index(self.index, path)

    def load(self, path, expansion):
        self.index = self.faiss.read_index(path)
        self.index.hnsw.efSearch = expansion

    def search(self, query):
        return self.index.search(query, 1)[1][0][0]


peer = {"hnswlib": Hnswlib, "faiss": Faiss}[library]()


def build(_):
    peer.begin()
    seconds = 0
    for start in range(0, count, 10000):
        part = numpy.ascontiguousarray(vectors[start : min(count, start + 10000)])
        before = time.process_time()
        peer.add(part, start)
        seconds += time.process_time() - before
    peer.save(index_file + ".new")
    os.replace(index_file + ".new", index_file)
    return {"insertsPerSecond": count / seconds}


def load(expansion):
    peer.load(index_file, expansion)
    return {"bytes": anonymous()}


def search(_):
    queries = numpy.ascontiguousarray(open_rows(query_file))
    times, nearest = [], []
    for q in range(len(queries)):
        before = time.perf_counter()
        found = peer.search(queries[q : q + 1])
        times.append((time.perf_counter() - before) * 1e6)
        nearest.append(int(found))
    return {"microseconds": sorted(times)[len(times) // 2], "nearest": nearest}


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps({"build": build, "load": load, "search": search}[asked["command"]](asked["expansion"])), flush=True)
