// A directory of identities held in memory.
const { PlcServer, Database } = require('@did-plc/server')

const port = Number(process.env.PLC_PORT)
PlcServer.create({ db: Database.mock(), port })
  .start()
  .then(() => console.log('READY plc'))
