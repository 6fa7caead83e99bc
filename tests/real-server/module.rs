//! The smallest module that the server accepts, as WebAssembly bytes: a database without
//! tables and reducers. A module written in Rust would need the wasm target and minutes of building.
//!
//! Everything here is short, so every constant fits into one LEB128 byte, and every length into two.

/// Value types, as the binary format writes them (WebAssembly 1.0, section 5.3.1).
const I32: u8 = 0x7f;
const I64: u8 = 0x7e;

/// What an import or export is (section 5.5.5).
const FUNCTION: u8 = 0x00;
const MEMORY: u8 = 0x02;

/// Opcodes (section 5.4).
const END: u8 = 0x0b;
const CALL: u8 = 0x10;
const DROP: u8 = 0x1a;
const LOCAL_GET: u8 = 0x20;
const I32_CONST: u8 = 0x41;

/// What `__describe_module__` says: a `RawModuleDef` in BSATN, that is the tag of version 9, then six
/// empty lists (types, tables, reducers …) of which nothing but the `u32` length is written.
const DESCRIPTION: [u8; 25] = {
    let mut bytes = [0; 25];
    bytes[0] = 1;
    bytes
};

/// Where the description's length stands in memory, and the description behind it. Not at zero: the
/// server takes that address for a null pointer.
const LENGTH_AT: u8 = 16;
const DESCRIPTION_AT: u8 = LENGTH_AT + 4;

/// The module. Modules of different revisions do the same, but are different programs to the server:
/// publishing one over the other is an update, not a repetition.
pub(crate) fn wasm(revision: u32) -> Vec<u8> {
    described(revision, &DESCRIPTION)
}

/// The same with a public table `thing` of one column, `id`, a `u64`.
pub(crate) fn wasm_with_a_table(revision: u32) -> Vec<u8> {
    described(revision, &description_of_a_table())
}

/// A `RawModuleDef` in BSATN: numbers are little-endian, a list or a string stands behind its `u32` length,
/// an option or a variant behind its tag (0 is "some", 1 is "none").
fn description_of_a_table() -> Vec<u8> {
    let number = |number: u32| number.to_le_bytes().to_vec();
    let text = |text: &str| [number(u32::try_from(text.len()).unwrap()), text.into()].concat();
    let (one, none) = (|| number(1), || number(0));
    let (some, no, product, u64_type, user, public) =
        (vec![0], vec![1], vec![2], vec![13], vec![1], vec![0]);
    let row = [product, one(), some, text("id"), u64_type];
    // Primary key, indexes, constraints and sequences: none; no schedule.
    let table = [text("thing"), number(0), none(), none(), none(), none(), no, user, public];
    let name_of_the_type = [none(), text("Thing"), number(0), vec![1]];
    [
        // Version 9; one type, one table, no reducer, one name of a type, nothing more.
        vec![1],
        [vec![one()], row.to_vec()].concat().concat(),
        [vec![one()], table.to_vec()].concat().concat(),
        none(),
        [vec![one()], name_of_the_type.to_vec()].concat().concat(),
        none(),
        none(),
    ]
    .concat()
}

fn described(revision: u32, description: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();

    // Types: of the import, then of the two functions.
    let reducer_parameters = [I32, I64, I64, I64, I64, I64, I64, I64, I32, I32];
    let types = [
        function_type(&[I32, I32, I32], &[I32]),
        function_type(&[I32], &[]),
        function_type(&reducer_parameters, &[I32]),
    ];
    module.extend(section(1, &list(&types)));

    // Imports: the server's `bytes_sink_write(sink, address, address of the length)`, function 0. The
    // module's name tells the server which version of its interface is meant.
    let sink_write = [sized(b"spacetime_10.0"), sized(b"bytes_sink_write"), vec![FUNCTION, 0]];
    module.extend(section(2, &list(&[sink_write.concat()])));

    // Functions 1 and 2, by type.
    module.extend(section(3, &list(&[vec![1], vec![2]])));

    // Memory: one page, no upper limit.
    module.extend(section(5, &list(&[vec![0, 1]])));

    // Exports: what the server asks for.
    let exports = [
        [sized(b"memory"), vec![MEMORY, 0]].concat(),
        [sized(b"__describe_module__"), vec![FUNCTION, 1]].concat(),
        [sized(b"__call_reducer__"), vec![FUNCTION, 2]].concat(),
    ];
    module.extend(section(7, &list(&exports)));

    // Code, without local variables (the first 0). To describe the module is to hand the description
    // to the sink; a reducer is never called and would return 0, "done".
    #[rustfmt::skip]
    let describe = [
        0,
        LOCAL_GET, 0,
        I32_CONST, DESCRIPTION_AT,
        I32_CONST, LENGTH_AT,
        CALL, 0,
        DROP,
        END,
    ];
    let call_reducer = [0, I32_CONST, 0, END];
    module.extend(section(10, &list(&[sized(&describe), sized(&call_reducer)])));

    // Data: the length and the description, into memory 0 at `LENGTH_AT`.
    let length = u32::try_from(description.len()).unwrap().to_le_bytes();
    let place = vec![0, I32_CONST, LENGTH_AT, END];
    let data = [place, sized(&[&length[..], description].concat())].concat();
    module.extend(section(11, &list(&[data])));

    // A custom section, which means nothing to the server: the revision.
    module.extend(section(0, &[sized(b"revision"), revision.to_le_bytes().to_vec()].concat()));
    module
}

fn function_type(parameters: &[u8], results: &[u8]) -> Vec<u8> {
    [vec![0x60], sized(parameters), sized(results)].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], sized(content)].concat()
}

/// The bytes behind their length: names, function bodies, sections.
fn sized(bytes: &[u8]) -> Vec<u8> {
    [size(bytes), bytes.to_vec()].concat()
}

/// The items behind their number: what most sections hold.
fn list(items: &[Vec<u8>]) -> Vec<u8> {
    [size(items), items.concat()].concat()
}

/// LEB128 (section 5.2.2).
fn size<T>(items: &[T]) -> Vec<u8> {
    let length = u16::try_from(items.len()).unwrap();
    assert!(length < 1 << 14, "longer sizes need a third LEB128 byte");
    let low = length.to_le_bytes()[0] & 0x7f;
    if length < 0x80 {
        return vec![low];
    }
    vec![low | 0x80, (length >> 7).to_le_bytes()[0]]
}
