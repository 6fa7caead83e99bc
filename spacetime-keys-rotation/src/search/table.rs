//! Tables of `LevelDB` (`*.ldb`), in which browsers keep the local storage of pages. Their blocks are packed
//! by Snappy, which takes a token apart where another one like it came before.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

/// The last bytes of a table.
const MAGIC: [u8; 8] = 0xdb47_7524_8b80_fb57_u64.to_le_bytes();
/// Two handles, padding, and the magic.
const FOOTER: usize = 48;
/// Of a block behind its content: how it is packed, and a checksum.
const TRAILER: u64 = 5;
/// No block is larger, packed or not.
const LARGEST: u64 = 64 << 20;
/// [`TRAILER`]'s first byte, where the block is packed.
const SNAPPY: u8 = 1;

/// The place of a block.
#[derive(Clone, Copy)]
struct Handle {
    offset: u64,
    size: u64,
}

/// The content of a table's blocks, unpacked, one after the other.
pub(super) struct Table<'a> {
    file: &'a mut File,
    /// Blocks that are still to come, the next last.
    left: Vec<Handle>,
    block: Zeroizing<Vec<u8>>,
    at: usize,
}

impl<'a> Table<'a> {
    /// Opens a file that is one. `None`: it is something else.
    pub(super) fn open(file: &'a mut File) -> io::Result<Option<Self>> {
        let size = file.metadata()?.len();
        let Some(start) = size.checked_sub(FOOTER as u64) else { return Ok(None) };
        let mut footer = [0; FOOTER];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut footer)?;
        if !footer.ends_with(&MAGIC) {
            return Ok(None);
        }
        // The first handle is of another index, by which nothing is found here.
        let mut handles = footer.as_slice();
        let index = handle(&mut handles).and_then(|_| handle(&mut handles));
        let index = read_block(file, index.ok_or_else(damaged)?)?;
        let mut left = data_blocks(&index).ok_or_else(damaged)?;
        left.reverse();
        Ok(Some(Self { file, left, block: Zeroizing::default(), at: 0 }))
    }
}

impl Read for Table<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() {
            let Some(handle) = self.left.pop() else { return Ok(0) };
            self.block = read_block(self.file, handle)?;
            self.at = 0;
        }
        let bytes = self.block.get(self.at..).unwrap_or_default().read(room)?;
        self.at += bytes;
        Ok(bytes)
    }
}

fn read_block(file: &mut File, handle: Handle) -> io::Result<Zeroizing<Vec<u8>>> {
    let size = handle.size.checked_add(TRAILER).filter(|size| *size <= LARGEST);
    let mut block = Zeroizing::new(Vec::new());
    file.seek(SeekFrom::Start(handle.offset))?;
    let size = size.ok_or_else(damaged)?;
    if file.take(size).read_to_end(&mut block)? as u64 != size {
        return Err(damaged());
    }
    let content = usize::try_from(handle.size).map_err(|_| damaged())?;
    let is_packed = block.get(content) == Some(&SNAPPY);
    block.truncate(content);
    if !is_packed {
        return Ok(block);
    }
    let unpacked = snap::raw::decompress_len(&block).map_err(|_| damaged())?;
    if unpacked as u64 > LARGEST {
        return Err(damaged());
    }
    snap::raw::Decoder::new().decompress_vec(&block).map(Zeroizing::new).map_err(|_| damaged())
}

/// The handles in an index block: its entries' values. Keys are of no use here.
fn data_blocks(index: &[u8]) -> Option<Vec<Handle>> {
    let (_, count) = index.split_last_chunk::<4>()?;
    let restarts = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let end = index.len().checked_sub(restarts.checked_mul(4)?.checked_add(4)?)?;
    let mut entries = index.get(..end)?;
    let mut handles = Vec::new();
    while !entries.is_empty() {
        let _shared = number(&mut entries)?;
        let key = usize::try_from(number(&mut entries)?).ok()?;
        let value = usize::try_from(number(&mut entries)?).ok()?;
        let (mut value, rest) = entries.get(key..)?.split_at_checked(value)?;
        handles.push(handle(&mut value)?);
        entries = rest;
    }
    Some(handles)
}

fn handle(bytes: &mut &[u8]) -> Option<Handle> {
    Some(Handle { offset: number(bytes)?, size: number(bytes)? })
}

/// A number of seven bits a byte, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn damaged() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "the table is damaged")
}
