// The data server and the directory would listen on every interface: keep them on this machine.
const net = require('node:net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...args) {
  const first = args[0]
  if (typeof first === 'number') {
    const done = args.find((arg) => typeof arg === 'function')
    return listen.call(this, { port: first, host: '127.0.0.1' }, done)
  }
  if (first !== null && typeof first === 'object' && 'port' in first) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...args.slice(1))
  }
  return listen.apply(this, args)
}
