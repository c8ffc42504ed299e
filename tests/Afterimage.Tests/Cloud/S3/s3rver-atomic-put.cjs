// Loaded into s3rver with node --require. In S3 a PUT is all or nothing; s3rver creates the object before it has its bytes and keeps what a PUT that was cut off
// had sent, down to an empty object, whose ranged GET then announces a byte that never comes. Here the bytes come first; of a PUT cut off nothing stays.
const path = require('node:path');
const { Readable } = require('node:stream');

const script = process.argv[1];
const FilesystemStore = require(path.join(path.dirname(script), '..', 'lib', 'stores', 'filesystem.js'));
const { putObject } = FilesystemStore.prototype;
FilesystemStore.prototype.putObject = async function (object) {
  if (!Buffer.isBuffer(object.content)) {
    const chunks = [];
    for await (const chunk of object.content) chunks.push(chunk);
    object.content = Readable.from(chunks, { objectMode: false });
  }

  return putObject.call(this, object);
};
