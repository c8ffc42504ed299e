// Runs the public suite http-cache-tests against a gateway in front of the suite's own server, scores the result and fails below a floor.
//
//   node tests/http-cache-tests/run.mjs [--required N] [--optimal N] [--gateway "COMMAND"] [--json FILE] [--quiet]
//
// COMMAND starts the gateway; {origin}, {port} and {data} (a temporary folder) in it are filled in. Default: afterimage serve with one route of
// dialect http, from artifacts/.
// The suite is installed on demand into artifacts/ (npm) and never copied. Everything listens on 127.0.0.1 only.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const version = '0.4.5'
const here = path.dirname(fileURLToPath(import.meta.url))
const root = path.resolve(here, '../..')
const folder = path.join(root, 'artifacts/http-cache-tests')
const suite = path.join(folder, 'node_modules/http-cache-tests')
const option = (name, otherwise) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : process.argv[at + 1]
}

function install () {
  const manifest = path.join(suite, 'package.json')
  if (fs.existsSync(manifest) && JSON.parse(fs.readFileSync(manifest)).version === version) return
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  const result = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--omit=dev', `http-cache-tests@${version}`], { cwd: folder, stdio: 'inherit' })
  if (result.status !== 0) throw new Error('npm could not install the suite')
}

function freePort () {
  return new Promise((resolve, reject) => {
    const probe = net.createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

async function listening (port, child, name) {
  for (let i = 0; i < 300; i++) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`)
    const open = await new Promise(resolve => {
      const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error(`${name} does not listen on ${port}`)
}

const children = []
let data
function start (command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options })
  children.push(child)
  return child
}

function runClient (base) {
  return new Promise((resolve, reject) => {
    const client = spawn(process.execPath, ['--no-warnings', 'cli.mjs'], {
      cwd: suite,
      env: { ...process.env, npm_config_base: base, npm_package_config_id: '' },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    children.push(client)
    let output = ''
    client.stdout.on('data', chunk => { output += chunk })
    client.on('exit', code => code === 0 ? resolve(output) : reject(new Error(`the suite's client ended with ${code}`)))
  })
}

// A test counts only when the tests that it depends on passed; setup failures are failures.
function score (suites, results) {
  const tests = new Map(suites.flatMap(s => s.tests.map(test => [test.id, test])))
  const known = new Map()
  const passed = id => {
    if (!known.has(id)) {
      known.set(id, false)
      known.set(id, results[id] === true && (tests.get(id).depends_on || []).every(passed))
    }
    return known.get(id)
  }
  const totals = {}
  const failures = []
  for (const [id, test] of tests) {
    if (test.browser_only) continue
    const kind = test.kind || 'required'
    totals[kind] ??= { passed: 0, of: 0 }
    totals[kind].of++
    if (passed(id)) totals[kind].passed++
    else {
      const missing = (test.depends_on || []).filter(other => !passed(other))
      const result = results[id]
      failures.push({ kind, id, why: missing.length ? `depends on ${missing.join(', ')}` : Array.isArray(result) ? result.join(': ') : 'not run' })
    }
  }
  return { totals, failures }
}

async function main () {
  install()
  const originPort = await freePort()
  const port = await freePort()
  const origin = `http://127.0.0.1:${originPort}`
  const server = start(process.execPath, ['--require', path.join(here, 'loopback.cjs'), 'server/server.mjs'], {
    cwd: suite,
    env: {
      ...process.env,
      npm_config_protocol: 'http',
      npm_config_port: String(originPort),
      npm_config_pidfile: path.join(folder, 'server.pid')
    }
  })
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'http-cache-tests-'))
  const gatewayCommand = option('--gateway',
    `${path.join(root, 'artifacts/bin/Afterimage/release/afterimage')} serve --origin {origin} --listen http://127.0.0.1:{port} --data {data} ` +
    '--Routes:0:Path "/**" --Routes:0:Dialect http')
    .replaceAll('{origin}', origin).replaceAll('{port}', String(port)).replaceAll('{data}', data)
  const gateway = start('sh', ['-c', `exec ${gatewayCommand}`], { cwd: root })
  await listening(originPort, server, 'the suite\'s server')
  await listening(port, gateway, 'the gateway')

  const results = JSON.parse(await runClient(`http://127.0.0.1:${port}`))
  const { default: suites } = await import(pathToFileURL(path.join(suite, 'tests/index.mjs')))
  const { totals, failures } = score(suites, results)
  if (option('--json')) fs.writeFileSync(option('--json'), JSON.stringify({ totals, failures, results }, null, 2))
  if (!process.argv.includes('--quiet')) {
    for (const failure of failures) console.log(`${failure.kind.padEnd(9)} ${failure.id}: ${failure.why}`)
  }
  const floors = { required: Number(option('--required', 0)), optimal: Number(option('--optimal', 0)) }
  let met = true
  for (const kind of ['required', 'optimal', 'check']) {
    const floor = floors[kind] ? `, floor ${floors[kind]}` : ''
    console.log(`${kind}: ${totals[kind].passed} of ${totals[kind].of}${floor}`)
    met &&= totals[kind].passed >= (floors[kind] || 0)
  }
  return met ? 0 : 1
}

let code = 1
try {
  code = await main()
} catch (error) {
  console.error(error.message)
} finally {
  // What a gateway writes on its way down must not meet the removal of its folder.
  await Promise.all(children.map(child => child.exitCode !== null || child.signalCode !== null ? null : new Promise(resolve => {
    child.once('exit', resolve)
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), 10_000).unref()
  })))
  if (data) fs.rmSync(data, { recursive: true, force: true })
}
process.exit(code)
