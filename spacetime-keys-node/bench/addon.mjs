// The addon as a file: how big it is, and whether symbols are left in it.

import { readdirSync, readFileSync } from "node:fs";

const SECTION_SYMTAB = 2;

/** Whether an ELF file (64 bits, little-endian) has no symbol table; `null` for other formats. */
function isStripped(file) {
  if (file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) return null;
  const table = Number(file.readBigUInt64LE(0x28));
  const [entrySize, entries] = [file.readUInt16LE(0x3a), file.readUInt16LE(0x3c)];
  const typeOf = (_, i) => file.readUInt32LE(table + i * entrySize + 4);
  const types = Array.from({ length: entries }, typeOf);
  return !types.includes(SECTION_SYMTAB);
}

/** Every addon in a folder. */
export function addons(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".node"))
    .map((name) => {
      const file = readFileSync(new URL(name, folder));
      return { name, size: file.length, stripped: isStripped(file) };
    });
}
