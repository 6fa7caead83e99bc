//! The two hashes of an identity, for many messages at once: each lane of a vector has a message.
//!
//! BLAKE3's own vectors are over the chunks of one long message. Claims are one chunk, and gain nothing
//! from them. So the compression function stands here once more, by section 2.2 of the BLAKE3 paper.
//! The vectors are `fearless_simd`'s, which finds out at run time what the processor has.

// What works on vectors must become part of the function that `dispatch!` compiles once for each kind
// of processor.
#![allow(clippy::inline_always)]

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use super::{HASH_LEN, PREFIX};

/// Messages hashed at once: the lanes of the widest vectors, AVX-512's.
pub(super) const LANES: usize = 16;
/// A block's size in bytes.
pub(super) const BLOCK: usize = 64;
/// The blocks of a chunk. Longer messages are trees, which are not built here.
pub(super) const MAX_BLOCKS: usize = 16;

/// SHA-256's initial hash value.
const IV: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
const CHUNK_START: u32 = 1;
/// `CHUNK_END` and `ROOT`: the chunk is the only one.
const END: u32 = 2 | 8;
/// The size of what the checksum is of.
#[allow(clippy::cast_possible_truncation, reason = "28")]
const CHECKED: u32 = (PREFIX.len() + HASH_LEN) as u32;

/// A word of each message.
type Words = [u32; LANES];

/// The identities of `head ‖ tail`, for [`LANES`] tails at most, all of so many blocks.
pub(super) fn derive(
    level: Level,
    head: &[u8],
    tails: &[&[u8]],
    blocks: usize,
) -> [[u8; 32]; LANES] {
    let mut identities = [[0; 32]; LANES];
    dispatch!(level, simd => derive_with(simd, head, tails, blocks, &mut identities));
    identities
}

#[inline(always)]
fn derive_with<S: Simd>(
    simd: S,
    head: &[u8],
    tails: &[&[u8]],
    blocks: usize,
    identities: &mut [[u8; 32]; LANES],
) {
    let width = S::u32s::LEN;
    for (tails, identities) in tails.chunks(width).zip(identities.chunks_mut(width)) {
        let hash = hash(simd, head, tails, blocks);
        let words = identity(simd, hash).map(|word| out_of::<S>(word));
        for (lane, identity) in identities.iter_mut().enumerate() {
            for (bytes, word) in identity.as_chunks_mut().0.iter_mut().zip(&words) {
                *bytes = word.get(lane).copied().unwrap_or_default().to_le_bytes();
            }
        }
    }
}

#[inline(always)]
fn hash<S: Simd>(simd: S, head: &[u8], tails: &[&[u8]], blocks: usize) -> [S::u32s; 8] {
    let mut chaining = IV.map(|word| S::u32s::splat(simd, word));
    for number in 0..blocks {
        let start = number * BLOCK;
        let beginning = part(head, start, [0; BLOCK], 0);
        let in_beginning = head.len().saturating_sub(start).min(BLOCK);
        let (mut message, mut sizes) = ([[0; LANES]; 16], [0; LANES]);
        for (lane, tail) in tails.iter().enumerate() {
            let from = (start + in_beginning).saturating_sub(head.len());
            let block = part(tail, from, beginning, in_beginning);
            for (word, bytes) in message.iter_mut().zip(block.as_chunks().0) {
                set(word, lane, u32::from_le_bytes(*bytes));
            }
            set(&mut sizes, lane, block_size(head.len() + tail.len(), start));
        }
        let first = if number == 0 { CHUNK_START } else { 0 };
        let last = if number + 1 == blocks { END } else { 0 };
        let message = message.map(|word| into(simd, &word));
        chaining = compress(simd, chaining, message, into(simd, &sizes), first | last);
    }
    chaining
}

/// `c2 00 ‖ check ‖ hash`, as little-endian words.
#[inline(always)]
fn identity<S: Simd>(simd: S, hash: [S::u32s; 8]) -> [S::u32s; 8] {
    let splat = |word| S::u32s::splat(simd, word);
    // The prefix has two bytes: all that follows it stands half a word further on.
    let prefix = splat(u32::from_le_bytes([PREFIX[0], PREFIX[1], 0, 0]));
    let behind = |before: S::u32s, word: S::u32s| before >> 16 | word << 16;
    let [h0, h1, h2, h3, h4, h5, h6, _] = hash;
    let shifted = [
        behind(h0, h1),
        behind(h1, h2),
        behind(h2, h3),
        behind(h3, h4),
        behind(h4, h5),
        behind(h5, h6),
    ];

    let mut message = [splat(0); 16];
    let [first, rest @ ..] = &mut message;
    *first = prefix | h0 << 16;
    rest.iter_mut().zip(shifted).for_each(|(word, shifted)| *word = shifted);
    let iv = IV.map(splat);
    let [check, ..] = compress(simd, iv, message, splat(CHECKED), CHUNK_START | END);

    let [w2, w3, w4, w5, w6, w7] = shifted;
    [prefix | check << 16, behind(check, h0), w2, w3, w4, w5, w6, w7]
}

/// The compression function: the chaining value, or the first half of the output.
#[inline(always)]
fn compress<S: Simd>(
    simd: S,
    chaining: [S::u32s; 8],
    mut message: [S::u32s; 16],
    size: S::u32s,
    flags: u32,
) -> [S::u32s; 8] {
    let splat = |word| S::u32s::splat(simd, word);
    let [h0, h1, h2, h3, h4, h5, h6, h7] = chaining;
    let [i0, i1, i2, i3, ..] = IV.map(splat);
    // A message of one chunk has the counter 0 everywhere.
    let (low, high) = (splat(0), splat(0));
    let mut state = [h0, h1, h2, h3, h4, h5, h6, h7, i0, i1, i2, i3, low, high, size, splat(flags)];
    for _ in 0..7 {
        state = round::<S>(state, &message);
        message = permuted(message);
    }
    let [a0, a1, a2, a3, a4, a5, a6, a7, b0, b1, b2, b3, b4, b5, b6, b7] = state;
    [a0 ^ b0, a1 ^ b1, a2 ^ b2, a3 ^ b3, a4 ^ b4, a5 ^ b5, a6 ^ b6, a7 ^ b7]
}

/// The columns of the state, then its diagonals.
#[inline(always)]
fn round<S: Simd>(state: [S::u32s; 16], m: &[S::u32s; 16]) -> [S::u32s; 16] {
    let [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3] = state;
    let [a0, b0, c0, d0] = mix::<S>([a0, b0, c0, d0], m[0], m[1]);
    let [a1, b1, c1, d1] = mix::<S>([a1, b1, c1, d1], m[2], m[3]);
    let [a2, b2, c2, d2] = mix::<S>([a2, b2, c2, d2], m[4], m[5]);
    let [a3, b3, c3, d3] = mix::<S>([a3, b3, c3, d3], m[6], m[7]);
    let [a0, b1, c2, d3] = mix::<S>([a0, b1, c2, d3], m[8], m[9]);
    let [a1, b2, c3, d0] = mix::<S>([a1, b2, c3, d0], m[10], m[11]);
    let [a2, b3, c0, d1] = mix::<S>([a2, b3, c0, d1], m[12], m[13]);
    let [a3, b0, c1, d2] = mix::<S>([a3, b0, c1, d2], m[14], m[15]);
    [a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3]
}

#[inline(always)]
#[allow(clippy::many_single_char_names, reason = "the paper's names")]
fn mix<S: Simd>([a, b, c, d]: [S::u32s; 4], x: S::u32s, y: S::u32s) -> [S::u32s; 4] {
    let a = a + b + x;
    let d = rotated_right::<S>(d ^ a, 16);
    let c = c + d;
    let b = rotated_right::<S>(b ^ c, 12);
    let a = a + b + y;
    let d = rotated_right::<S>(d ^ a, 8);
    let c = c + d;
    let b = rotated_right::<S>(b ^ c, 7);
    [a, b, c, d]
}

#[inline(always)]
fn rotated_right<S: Simd>(word: S::u32s, bits: u32) -> S::u32s {
    word >> bits | word << (32 - bits)
}

#[inline(always)]
const fn permuted<T: Copy>(m: [T; 16]) -> [T; 16] {
    [
        m[2], m[6], m[3], m[10], m[7], m[0], m[4], m[13], m[1], m[11], m[12], m[5], m[9], m[14],
        m[15], m[8],
    ]
}

/// The block with bytes of `text` in it: those from `from` on, behind the `filled` ones, as far as they
/// reach and it has room.
#[inline(always)]
fn part(text: &[u8], from: usize, mut block: [u8; BLOCK], filled: usize) -> [u8; BLOCK] {
    let text = text.get(from..).unwrap_or_default();
    let room = block.get_mut(filled..).unwrap_or_default();
    let size = text.len().min(room.len());
    if let (Some(room), Some(text)) = (room.get_mut(..size), text.get(..size)) {
        room.copy_from_slice(text);
    }
    block
}

/// How many bytes of a message lie in the block that begins at `start`.
#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "a block's size at most")]
fn block_size(message: usize, start: usize) -> u32 {
    message.saturating_sub(start).min(BLOCK) as u32
}

#[inline(always)]
fn set(words: &mut Words, lane: usize, value: u32) {
    if let Some(word) = words.get_mut(lane) {
        *word = value;
    }
}

#[inline(always)]
fn into<S: Simd>(simd: S, words: &Words) -> S::u32s {
    S::u32s::from_slice(simd, words.split_at(S::u32s::LEN).0)
}

#[inline(always)]
fn out_of<S: Simd>(vector: S::u32s) -> Words {
    let mut words = [0; LANES];
    vector.store_slice(words.split_at_mut(S::u32s::LEN).0);
    words
}
