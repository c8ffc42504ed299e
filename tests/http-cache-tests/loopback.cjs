// Preloaded into the suite's server, which would listen on every interface.
const { Server } = require('net')
const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...rest) {
  const callback = rest.find(argument => typeof argument === 'function')
  return listen.call(this, port, '127.0.0.1', ...(callback ? [callback] : []))
}
