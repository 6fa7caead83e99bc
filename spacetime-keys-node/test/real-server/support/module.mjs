// The smallest module that the server accepts, as WebAssembly bytes: a database without tables and
// reducers. A module written in Rust would need the wasm target and minutes of building.
//
// Everything here is short, so every length and constant fits into one LEB128 byte.

// Value types, as the binary format writes them (WebAssembly 1.0, section 5.3.1).
const I32 = 0x7f;
const I64 = 0x7e;

// What an import or export is (section 5.5.5).
const FUNCTION = 0x00;
const MEMORY = 0x02;

// Opcodes (section 5.4).
const END = 0x0b;
const CALL = 0x10;
const DROP = 0x1a;
const LOCAL_GET = 0x20;
const I32_CONST = 0x41;

// What `__describe_module__` says: a `RawModuleDef` in BSATN, that is the tag of version 9, then
// six empty lists (types, tables, reducers …) of which nothing but the length, a u32, is written.
const DESCRIPTION = [1, ...new Array(24).fill(0)];

// Where the description's length stands in memory, and the description behind it. Not at zero: the
// server takes that address for a null pointer.
const LENGTH_AT = 16;
const DESCRIPTION_AT = LENGTH_AT + 4;

/**
 * The module. Modules of different revisions do the same, but are different programs to the server:
 * publishing one over the other is an update, not a repetition.
 */
export function wasm(revision) {
  // Types: of the import, then of the two functions.
  const types = [
    functionType([I32, I32, I32], [I32]),
    functionType([I32], []),
    functionType([I32, I64, I64, I64, I64, I64, I64, I64, I32, I32], [I32]),
  ];
  // The server's `bytes_sink_write(sink, address, address of the length)`, function 0. The module's
  // name tells the server which version of its interface is meant.
  const sinkWrite = [...text("spacetime_10.0"), ...text("bytes_sink_write"), FUNCTION, 0];
  const exported = [
    [...text("memory"), MEMORY, 0],
    [...text("__describe_module__"), FUNCTION, 1],
    [...text("__call_reducer__"), FUNCTION, 2],
  ];
  // Code, without local variables (the first 0). To describe the module is to hand the description
  // to the sink; a reducer is never called and would return 0, "done".
  const describe = [
    0,
    LOCAL_GET,
    0,
    I32_CONST,
    DESCRIPTION_AT,
    I32_CONST,
    LENGTH_AT,
    CALL,
    0,
    DROP,
    END,
  ];
  const callReducer = [0, I32_CONST, 0, END];
  const length = [DESCRIPTION.length, 0, 0, 0];
  const data = [0, I32_CONST, LENGTH_AT, END, ...sized([...length, ...DESCRIPTION])];

  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(2, list([sinkWrite])),
    // Functions 1 and 2, by type.
    ...section(3, list([[1], [2]])),
    // Memory: one page, no upper limit.
    ...section(5, list([[0, 1]])),
    ...section(7, list(exported)),
    ...section(10, list([sized(describe), sized(callReducer)])),
    ...section(11, list([data])),
    // A custom section, which means nothing to the server.
    ...section(0, text(`revision${revision}`)),
  ]);
}

function functionType(parameters, results) {
  return [0x60, ...sized(parameters), ...sized(results)];
}

function section(id, content) {
  return [id, ...sized(content)];
}

/** The bytes behind their length: names, function bodies, sections. */
function sized(bytes) {
  return [size(bytes), ...bytes];
}

function text(name) {
  return sized([...Buffer.from(name)]);
}

/** The items behind their number: what most sections hold. */
function list(items) {
  return [size(items), ...items.flat()];
}

function size(items) {
  if (items.length >= 0x80) throw new RangeError("longer sizes need a second LEB128 byte");
  return items.length;
}
