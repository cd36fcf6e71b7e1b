import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { canonicalJson, type Json } from "../definitions/canonical.ts";
import { PawlError } from "../errors.ts";

export type Section = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

/** A model as plain data: a JSON header and named number arrays. */
export interface ModelDocument {
  readonly header: { readonly [key: string]: Json };
  readonly sections: Readonly<Record<string, Section>>;
}

/**
 * File layout, little-endian: 8 bytes "PAWLMDL1"; uint32 header length; the header, UTF-8 JSON with
 * sorted keys, `{ header, sections: [{ name, type, length }] }` (sections by name), padded with
 * spaces to a multiple of 8; then the sections, each padded with zeros to a multiple of 8.
 */
const magic = "PAWLMDL1";
const fixed = 12;

const sectionTypes = {
  f64: Float64Array,
  f32: Float32Array,
  i32: Int32Array,
  u32: Uint32Array,
  u8: Uint8Array,
} as const;

type SectionType = keyof typeof sectionTypes;

function typeOf(section: Section): SectionType {
  for (const [type, array] of Object.entries(sectionTypes)) {
    if (section instanceof array) return type as SectionType;
  }
  throw new PawlError("internal", "A model section has an unknown array type.");
}

const padded = (length: number): number => Math.ceil(length / 8) * 8;

/** The document as bytes; equal documents give equal bytes. */
export function encodeModelDocument(document: ModelDocument): Uint8Array {
  const names = Object.keys(document.sections).toSorted();
  const sections = names.map((name) => {
    const data = document.sections[name] ?? new Uint8Array();
    return { name, type: typeOf(data), length: data.length, data };
  });
  const index = sections.map(({ name, type, length }) => ({ name, type, length }));
  const json = canonicalJson({ header: document.header, sections: index });
  const text = new TextEncoder().encode(json);
  const headerLength = padded(fixed + text.length) - fixed;
  let total = fixed + headerLength;
  for (const { data } of sections) total += padded(data.byteLength);
  const bytes = new Uint8Array(total);
  bytes.set(new TextEncoder().encode(magic));
  new DataView(bytes.buffer).setUint32(8, headerLength, true);
  bytes.fill(0x20, fixed, fixed + headerLength).set(text, fixed);
  let offset = fixed + headerLength;
  for (const { data } of sections) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += padded(data.byteLength);
  }
  return bytes;
}

const damaged = (why: string): PawlError =>
  new PawlError("bad_data", "These bytes are not a whole Pawl model.", {
    found: why,
    expected: "the bytes of a trained model",
    next: "Fetch the model again and compare its SHA-256.",
  });

/** Reads the bytes back. Throws `bad_data` when they are not a whole document. */
export function decodeModelDocument(bytes: Uint8Array): ModelDocument {
  if (bytes.length < fixed || new TextDecoder().decode(bytes.subarray(0, 8)) !== magic) {
    throw damaged("another file type");
  }
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
  if (fixed + headerLength > bytes.length) throw damaged("a header that is cut off");
  const parsed = parseHeader(bytes.subarray(fixed, fixed + headerLength));
  const sections: Record<string, Section> = {};
  let offset = fixed + headerLength;
  for (const { name, type, length } of parsed.sections) {
    const size = length * sectionTypes[type].BYTES_PER_ELEMENT;
    if (offset + size > bytes.length) throw damaged(`section "${name}" cut off`);
    // Copied, so that the array is aligned and owns its memory. Not by bytes.slice: a Buffer's does not copy.
    const copy = new Uint8Array(bytes.subarray(offset, offset + size));
    sections[name] = new sectionTypes[type](copy.buffer, 0, length);
    offset += padded(size);
  }
  if (offset !== bytes.length) throw damaged("bytes after the last section");
  return { header: parsed.header, sections };
}

interface FileHeader {
  readonly header: ModelDocument["header"];
  readonly sections: readonly {
    readonly name: string;
    readonly type: SectionType;
    readonly length: number;
  }[];
}

function parseHeader(text: Uint8Array): FileHeader {
  let parsed: Partial<FileHeader> | null;
  try {
    parsed = JSON.parse(new TextDecoder().decode(text)) as Partial<FileHeader> | null;
  } catch {
    throw damaged("a header that is not JSON");
  }
  const { header, sections } = parsed ?? {};
  const fine =
    typeof header === "object" &&
    header !== null &&
    Array.isArray(sections) &&
    sections.every(
      (section) =>
        typeof section?.name === "string" &&
        Object.hasOwn(sectionTypes, section.type) &&
        Number.isInteger(section.length) &&
        section.length >= 0,
    );
  if (!fine) throw damaged("a header of another shape");
  return { header, sections };
}

/** SHA-256 of a model's bytes, hexadecimal. */
export function modelHash(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}
