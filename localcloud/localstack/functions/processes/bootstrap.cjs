// The process of a Node.js function: loads the handler, and serves invocations until it is killed.
//
// The Runtime API is HTTP on an inherited socket, whose descriptor is the one argument. What a function sees is as
// AWS's runtime client does it (aws/aws-lambda-nodejs-runtime-interface-client, version 3: UserFunction, CallbackContext,
// Errors, LogPatch); its own code is native and knows the Runtime API at a TCP address only.
'use strict'

const fs = require('node:fs')
const http = require('node:http')
const net = require('node:net')
const path = require('node:path')
const util = require('node:util')
const { pathToFileURL } = require('node:url')

const API = '/2018-06-01/runtime'
const env = process.env
const socket = new net.Socket({ fd: Number(process.argv[2]), readable: true, writable: true })
// A free socket of an agent does not keep the process alive, so `beforeExit` comes when the function has nothing to do.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
agent.createConnection = () => socket
socket.on('close', () => process.exit(0)) // the local cloud is gone
process.argv.splice(1)

let requestId
let whenIdle = () => {}
let report = (error, code) => post(`${API}/init/error`, described(error)).then(() => process.exit(code))

class ImportModuleError extends Error {}
class HandlerNotFound extends Error {}
class MalformedHandlerName extends Error {}
class UserCodeSyntaxError extends Error {}
class UnhandledPromiseRejection extends Error {}
class NodeJsExit extends Error {
  constructor() {
    super(
      'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that ' +
        'was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
    )
  }
}
for (const kind of [
  ImportModuleError, HandlerNotFound, MalformedHandlerName, UserCodeSyntaxError, UnhandledPromiseRejection, NodeJsExit,
]) {
  kind.prototype.name = `Runtime.${kind.name}`
}

// ---------------------------------------------------------------------------------------------------- Runtime API

function ask(method, address, body) {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }
    const request = http.request({ agent, method, path: address, host: 'runtime', headers: length }, (response) => {
      const parts = []
      response.on('data', (part) => parts.push(part))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts), status: response.statusCode }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

const post = (address, content) => ask('POST', address, content)

// --------------------------------------------------------------------------------------------------------- errors

function described(error) {
  let content
  try {
    const isError = util.types.isNativeError(error) || (error && error.name && error.message && error.stack)
    content = isError
      ? { errorType: error.name, errorMessage: error.message, trace: error.stack.split('\n') }
      : { errorType: typeof error, errorMessage: error.toString(), trace: [] }
  } catch {
    const text = 'callback called with Error argument, but there was a problem while retrieving one or more of its ' +
      'message, name, and stack'
    content = { errorType: 'handled', errorMessage: text }
  }
  return JSON.stringify(content)
}

function withHidden(_key, value) {
  if (!(value instanceof Error)) return value
  const { name, message, code, stack } = value
  return { errorType: name, errorMessage: message, code, ...value, stack: typeof stack === 'string' ? stack.split('\n') : undefined }
}

function logError(message, thrown) {
  const error = thrown instanceof Error ? thrown : new Error(thrown)
  if (isJson) console.error(error)
  else console.error(message, `\t${JSON.stringify(error, withHidden)}`)
}

// ------------------------------------------------------------------------------------------------------------ log

const isJson = env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON'
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL']

function jsonLine(level, words) {
  const line = { timestamp: new Date().toISOString(), level, requestId, message: words.length === 1 ? words[0] : util.format(...words) }
  const told = (error) => ({ errorType: error.constructor.name, errorMessage: error.message, stackTrace: error.stack?.split('\n') })
  const error = words.length > 1 && words.find((word) => word instanceof Error)
  if (error) Object.assign(line, told(error))
  try {
    return JSON.stringify(line, (_, value) => (value instanceof Error ? { ...told(value), ...value } : value))
  } catch {
    return JSON.stringify({ ...line, message: util.format(...words) })
  }
}

function patchConsole() {
  const least = Math.max(LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()), 0)
  LEVELS.forEach((level, rank) => {
    console[level.toLowerCase()] = (...words) => {
      if (rank < least && level !== 'FATAL') return
      const line = isJson ? jsonLine(level, words) : `${new Date().toISOString()}\t${requestId}\t${level}\t${util.format(...words)}`
      fs.writeSync(1, `${line.replaceAll('\n', '\r')}\n`) // one event each, before whatever comes next
    }
  })
  console.log = console.info
}

// -------------------------------------------------------------------------------------------------------- handler

function isModule(folder) {
  if (folder.endsWith('/node_modules')) return false
  const file = path.join(folder, 'package.json')
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module'
    } catch {
      return false
    }
  }
  return folder !== '/' && isModule(path.dirname(folder))
}

async function loadFile(root, folder, name) {
  const place = path.resolve(root, folder, name)
  const load = (file) => (fs.existsSync(file) ? require(file) : undefined)
  const bring = async (file) => (fs.existsSync(file) ? import(pathToFileURL(file)) : undefined)
  const is = isModule(path.dirname(place))
  const js = `${place}.js`
  const found = load(place) || (is ? await bring(js) : load(js)) || (await bring(`${place}.mjs`)) || load(`${place}.cjs`)
  return found || require(require.resolve(name, { paths: [root, folder] }))
}

async function loadHandler(root, text) {
  if (text.includes('..')) {
    const cure = 'Use absolute paths when specifying root directories in handler names.'
    throw new MalformedHandlerName(`'${text}' is not a valid handler name. ${cure}`)
  }
  const last = path.basename(text)
  const match = last.match(/^([^.]*)\.(.*)$/)
  if (!match) throw new MalformedHandlerName('Bad handler')
  globalThis.awslambda = {
    streamifyResponse() {
      throw new Error('The local cloud does not stream the responses of functions.')
    },
  }
  let found
  try {
    found = await loadFile(root, text.slice(0, text.indexOf(last)), match[1])
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserCodeSyntaxError(error)
    if (error?.code === 'MODULE_NOT_FOUND') throw new ImportModuleError(error)
    throw error
  }
  const handler = match[2].split('.').reduce((nested, key) => nested && nested[key], found)
  if (!handler) throw new HandlerNotFound(`${text} is undefined or not exported`)
  if (typeof handler !== 'function') throw new HandlerNotFound(`${text} is not a function`)
  return handler
}

// ---------------------------------------------------------------------------------------------------- invocations

function parsed(text, name) {
  if (!text) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`)
  }
}

function contextOf(headers) {
  const header = (name) => headers[`lambda-runtime-${name}`]
  const deadline = header('deadline-ms')
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(header('client-context'), 'ClientContext'),
    identity: parsed(header('cognito-identity'), 'CognitoIdentity'),
    invokedFunctionArn: header('invoked-function-arn'),
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
}

// Its name is in stack traces: `at Runtime.handler`.
class Runtime {
  constructor(handler) {
    this.handler = handler
  }
}

async function serve(runtime) {
  const { headers, body, status } = await ask('GET', `${API}/invocation/next`)
  if (status !== 200) process.exit(0) // the local cloud has ended it
  const id = (requestId = headers['lambda-runtime-aws-request-id'])
  const next = () => setImmediate(() => serve(runtime))
  const fail = (error) => post(`${API}/invocation/${id}/error`, described(error))
  let isAnswered = false
  let waits = true

  function succeed(result) {
    let text
    try {
      text = JSON.stringify(result === undefined ? null : result)
    } catch {
      throw new Error('Unable to stringify response body')
    }
    if (!isAnswered) post(`${API}/invocation/${id}/response`, text ?? '').then(next)
    isAnswered = true
  }
  function done(error, result) {
    whenIdle = () => {}
    if (error === undefined || error === null) return succeed(result)
    logError('Invoke Error', error)
    if (!isAnswered) fail(error).then(next)
    isAnswered = true
  }
  let isDone = false // by the callback or by a function of the context
  const once = (call) => (...words) => {
    if (isDone) return
    call(...words)
    isDone = true
  }
  const callback = once((error, result) => {
    if ((error ?? null) !== null || !waits) return done(error, result)
    whenIdle = () => setImmediate(() => done(null, result))
  })

  report = (error, code) => fail(error).then(() => process.exit(code))
  whenIdle = () => {
    const isAsync = runtime.handler.constructor.name === 'AsyncFunction'
    done(isAsync ? new NodeJsExit() : null, null) // as on AWS, a callback that never comes is null
  }
  try {
    if (headers['lambda-runtime-trace-id']) env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id']
    else delete env._X_AMZN_TRACE_ID
    const context = {
      succeed: once((result) => done(null, result)),
      fail: once((error) => done(error ?? 'handled')),
      done: once(done),
      ...contextOf(headers),
    }
    Object.defineProperty(context, 'callbackWaitsForEmptyEventLoop', {
      enumerable: true,
      get: () => waits,
      set: (value) => (waits = value),
    })
    const result = runtime.handler(JSON.parse(body), context, callback)
    if (typeof result?.then === 'function') result.then(context.succeed, context.fail).catch(context.fail)
  } catch (error) {
    callback(error)
  }
}

async function main() {
  patchConsole()
  process.on('uncaughtException', (error) => {
    logError('Uncaught Exception', error)
    report(error, 129)
  })
  process.on('unhandledRejection', (reason) => {
    const error = new UnhandledPromiseRejection(reason)
    error.reason = reason
    logError('Unhandled Promise Rejection', error)
    report(error, 128)
  })
  process.on('beforeExit', () => whenIdle())
  let runtime
  try {
    runtime = new Runtime(await loadHandler(env.LAMBDA_TASK_ROOT, env._HANDLER))
  } catch (error) {
    logError('Uncaught Exception', error)
    return report(error, 129)
  }
  setImmediate(() => serve(runtime))
}

main()
