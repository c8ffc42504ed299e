// A PostgreSQL with pgvector for tests: PGlite (one WebAssembly session) behind a loopback socket that many clients share.
//
// usage: node pglite-server.mjs NODE_MODULES_FOLDER [DATA_FOLDER] [--port=N] [--no-vector]
// Prints "listening PORT" on one line and stops when its standard input closes.
//
// The server of @electric-sql/pglite-socket takes turns between clients after every protocol message, so that the Bind of one client can land
// between the Parse and the Execute of another. Here a client keeps the session for a whole unit (up to Sync, or a simple query) and for a
// whole transaction; prepared statement names are kept apart per client; notifications go to those who listen.
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, ...rest] = process.argv.slice(2);
const withVector = !rest.includes('--no-vector');
const port = Number((rest.find(a => a.startsWith('--port=')) ?? '--port=0').slice(7));
const folder = rest.find(a => !a.startsWith('--'));
const load = name => import(pathToFileURL(path.join(modules, name)).href);
const { PGlite } = await load('@electric-sql/pglite/dist/index.js');
const { vector } = await load('@electric-sql/pglite-pgvector/dist/index.js');
const db = await PGlite.create({ dataDir: folder, extensions: withVector ? { vector } : {} });

const queue = [];
const clients = new Set();
let running = false, owner = null, nextId = 1;

class Client {
  id = nextId++;
  buffer = Buffer.alloc(0);
  unit = [];
  started = false;
  copy = null;
  channels = new Set();

  constructor(socket) {
    this.socket = socket;
    clients.add(this);
    socket.setNoDelay(true);
    socket.on('data', data => this.receive(data));
    socket.on('error', () => {});
    socket.on('close', () => this.leave());
  }

  receive(data) {
    this.buffer = this.buffer.length === 0 ? data : Buffer.concat([this.buffer, data]);
    while (this.buffer.length >= (this.started ? 5 : 8)) {
      const length = this.started ? 1 + this.buffer.readInt32BE(1) : this.buffer.readInt32BE(0);
      if (this.buffer.length < length) return;
      const message = this.buffer.subarray(0, length);
      this.buffer = this.buffer.subarray(length);
      this.started ? this.message(message) : this.startup(message);
    }
  }

  startup(message) {
    const code = message.readInt32BE(4);
    if (code === 80877103) { this.socket.write('N'); return; } // SSLRequest: no
    if (code === 80877102) { this.socket.end(); return; }      // CancelRequest: there is nobody to signal
    this.started = true;
    this.submit([message]);
  }

  message(message) {
    const type = String.fromCharCode(message[0]);
    if (type === 'X') { this.socket.end(); return; }
    if (this.copy) { this.copied(type, message); return; }
    if (type === 'Q' || type === 'P') this.note(message);
    if (type === 'Q' && /^\s*copy\s[^;]*\sfrom\s+stdin/i.test(text(message, 5))) {
      // PGlite reads a whole copy in one call, so the answer that invites the client to send is given here.
      this.copy = [message];
      this.socket.write(Buffer.from([0x47, 0, 0, 0, 7, 1, 0, 0]));
      return;
    }
    this.unit.push(this.rename(type, message));
    if (type === 'S' || type === 'Q' || type === 'H') {
      this.submit(this.unit);
      this.unit = [];
    }
  }

  copied(type, message) {
    if (type === 'd' || type === 'c' || type === 'f') this.copy.push(message);
    if (type === 'c' || type === 'f') {
      this.submit(this.copy, true);
      this.copy = null;
    }
  }

  note(message) {
    const sql = message[0] === 0x51 ? text(message, 5) : text(message, 5 + text(message, 5).length + 1);
    for (const part of sql.split(';')) {
      const listen = /^\s*listen\s+"?([^"\s]+)"?\s*$/i.exec(part);
      if (listen) this.channels.add(listen[1]);
    }
  }

  rename(type, m) {
    const named = (at, name) => name.length === 0 ? m
      : sized(Buffer.concat([m.subarray(0, at), Buffer.from(`c${this.id}${name}`), m.subarray(at + name.length)]));
    if (type === 'P') return named(5, text(m, 5));
    if (type === 'B') { const at = 5 + text(m, 5).length + 1; return named(at, text(m, at)); }
    if ((type === 'D' || type === 'C') && m[5] === 0x53) return named(6, text(m, 6));
    return m;
  }

  submit(messages, copy = false) {
    queue.push({ client: this, bytes: Buffer.concat(messages), copy });
    run();
  }

  leave() {
    clients.delete(this);
    for (let i = queue.length - 1; i >= 0; i--) if (queue[i].client === this) queue.splice(i, 1);
    if (owner === this) {
      queue.unshift({ client: this, bytes: simple('ROLLBACK'), copy: false });
      run();
    }
  }
}

async function run() {
  if (running) return;
  running = true;
  for (;;) {
    const at = owner === null ? 0 : queue.findIndex(u => u.client === owner);
    if (at < 0 || queue.length === 0) break;
    const { client, bytes, copy } = queue.splice(at, 1)[0];
    const chunks = [];
    try {
      await db.runExclusive(() => db.execProtocolRawStream(new Uint8Array(bytes), { onRawData: d => chunks.push(Buffer.from(d)) }));
    } catch (fault) {
      console.error('pglite: ' + fault);
      process.exit(3);
    }
    answer(client, Buffer.concat(chunks), copy);
  }
  running = false;
}

function answer(client, bytes, copy) {
  const out = [];
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    const message = bytes.subarray(at, end);
    at = end;
    if (message[0] === 0x41) { tell(message); continue; }
    if (copy && message[0] === 0x47) continue;
    if (message[0] === 0x5a) owner = message[5] === 0x49 ? null : client;
    out.push(message);
  }
  if (client.socket.writable) client.socket.write(Buffer.concat(out));
}

function tell(notification) {
  const channel = text(notification, 9);
  for (const client of clients) {
    if (client.channels.has(channel) && client.socket.writable) client.socket.write(Buffer.from(notification));
  }
}

function text(m, at) { return m.toString('utf8', at, m.indexOf(0, at)); }
function sized(m) { m.writeInt32BE(m.length - 1, 1); return m; }
function simple(sql) { return sized(Buffer.concat([Buffer.from([0x51, 0, 0, 0, 0]), Buffer.from(sql + '\0')])); }

const server = net.createServer(socket => new Client(socket));
server.listen(port, '127.0.0.1', () => console.log('listening ' + server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
