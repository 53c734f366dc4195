import { createHash, type X509Certificate } from "node:crypto";

/** One value of DER (X.690): its tag, its content, and all of it. */
interface Element {
  readonly tag: number;
  readonly content: Buffer;
  readonly whole: Buffer;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const VERSION = 0xa0;
const UTF8_STRING = 0x0c;
/** Kinds of text, and how they are read. */
const texts: ReadonlyMap<number, (content: Buffer) => string> = new Map([
  [UTF8_STRING, (content) => content.toString("utf8")],
  [0x13, (content) => content.toString("latin1")],
  [0x14, (content) => content.toString("latin1")],
  [0x16, (content) => content.toString("latin1")],
  [0x1a, (content) => content.toString("latin1")],
  [0x1c, (content) => readUnits(content, 4)],
  [0x1e, (content) => readUnits(content, 2)],
]);

/**
 * The name under which OpenSSL looks for a CA's certificate in a folder, without the number after the dot: eight hexadecimal digits of the SHA-1 of
 * its subject, each text of it in UTF-8, lower case and with single spaces (OpenSSL: X509_NAME_hash, `openssl x509 -hash`).
 */
export function hashSubject(certificate: X509Certificate): string {
  const [signed] = readAll(read(certificate.raw).content);
  const fields = readAll(signed?.content ?? Buffer.alloc(0)).filter(({ tag }) => tag !== VERSION);
  // serial number, algorithm, issuer, validity, subject
  const subject = fields[4];
  if (subject?.tag !== SEQUENCE) throw new TypeError("the certificate has no subject where it should be");
  const canonical = readAll(subject.content).map(({ content }) =>
    encode(
      SET,
      Buffer.concat(
        readAll(content)
          .map((attribute) => encode(SEQUENCE, canonize(attribute.content)))
          .toSorted((a, b) => a.compare(b)),
      ),
    ),
  );
  const digest = createHash("sha1").update(Buffer.concat(canonical)).digest();
  return digest.readUInt32LE(0).toString(16).padStart(8, "0");
}

/** An attribute: what kind it is, and its value. */
function canonize(attribute: Buffer): Buffer {
  const [kind, value] = readAll(attribute);
  if (kind === undefined || value === undefined) return attribute;
  const toText = texts.get(value.tag);
  if (toText === undefined) return Buffer.concat([kind.whole, value.whole]);
  // of letters and spaces those of ASCII alone count
  const text = toText(value.content)
    .replaceAll(/[\t-\r ]+/g, " ")
    .replaceAll(/^ | $/g, "")
    .replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return Buffer.concat([kind.whole, encode(UTF8_STRING, Buffer.from(text))]);
}

function readAll(buffer: Buffer): readonly Element[] {
  const found: Element[] = [];
  for (let rest = buffer; rest.length > 0;) {
    const element = read(rest);
    found.push(element);
    rest = rest.subarray(element.whole.length);
  }
  return found;
}

function read(buffer: Buffer): Element {
  const tag = buffer.readUInt8(0);
  const first = buffer.readUInt8(1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : buffer.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  return {
    tag,
    content: buffer.subarray(start, start + length),
    whole: buffer.subarray(0, start + length),
  };
}

function encode(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content]);
}

function readUnits(content: Buffer, bytes: number): string {
  let text = "";
  for (let at = 0; at + bytes <= content.length; at += bytes)
    text += String.fromCodePoint(content.readUIntBE(at, bytes));
  return text;
}
