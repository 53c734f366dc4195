import { type KeyObject, randomBytes } from "node:crypto";

/** A key pair as OpenSSH keeps it in files. */
export interface OpensshKey {
  /** Without a passphrase (OpenSSH: PROTOCOL.key). */
  readonly privateFile: string;
  /** One line. */
  readonly publicFile: string;
}

/** How one kind of key is written: its parts in the order of RFC 4253, 5656 and 8709. */
interface Parts {
  readonly name: string;
  readonly publicParts: readonly Buffer[];
  /** What follows the kind's name in a private key. */
  readonly privateParts: readonly Buffer[];
}

const MAGIC = Buffer.from("openssh-key-v1\0");
/** Of the "none" cipher. */
const BLOCK_BYTES = 8;
const LINE_CHARACTERS = 70;

/** For an Ed25519, RSA or P-256, P-384, P-521 key. */
export function formatOpensshKey(key: KeyObject, { comment }: { readonly comment: string }): OpensshKey {
  const { name, publicParts, privateParts } = toParts(key);
  const publicBlob = Buffer.concat([string(name), ...publicParts]);
  const check = randomBytes(4);
  const secret = pad(Buffer.concat([check, check, string(name), ...privateParts, string(comment)]));
  const none = string("none");
  const count = uint32(1);
  const body = Buffer.concat([MAGIC, none, none, string(""), count, string(publicBlob), string(secret)]);
  const lines = body.toString("base64").match(new RegExp(`.{1,${LINE_CHARACTERS}}`, "g")) ?? [];
  return {
    privateFile: [
      "-----BEGIN OPENSSH PRIVATE KEY-----",
      ...lines,
      "-----END OPENSSH PRIVATE KEY-----",
      "",
    ].join("\n"),
    publicFile: `${name} ${publicBlob.toString("base64")} ${comment}\n`,
  };
}

function toParts(key: KeyObject): Parts {
  const jwk = key.export({ format: "jwk" });
  const bytes = (field: keyof typeof jwk): Buffer => Buffer.from(String(jwk[field]), "base64url");
  switch (jwk.kty) {
    case "OKP": {
      const publicKey = bytes("x");
      const parts = [string(publicKey)];
      return {
        name: "ssh-ed25519",
        publicParts: parts,
        privateParts: [...parts, string(Buffer.concat([bytes("d"), publicKey]))],
      };
    }
    case "RSA": {
      const [n, e] = [integer(bytes("n")), integer(bytes("e"))];
      const secrets = (["d", "qi", "p", "q"] as const).map((field) => integer(bytes(field)));
      return { name: "ssh-rsa", publicParts: [e, n], privateParts: [n, e, ...secrets] };
    }
    case "EC": {
      const curve = `nistp${String(jwk.crv).replace("P-", "")}`;
      const point = Buffer.concat([Buffer.from([4]), bytes("x"), bytes("y")]);
      const parts = [string(curve), string(point)];
      return {
        name: `ecdsa-sha2-${curve}`,
        publicParts: parts,
        privateParts: [...parts, integer(bytes("d"))],
      };
    }
    case undefined:
    default:
      throw new TypeError(`OpenSSH keeps no keys of the kind ${String(jwk.kty)}`);
  }
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

/** RFC 4251, "string". */
function string(value: string | Buffer): Buffer {
  const buffer = Buffer.from(value);
  return Buffer.concat([uint32(buffer.length), buffer]);
}

/** RFC 4251, "mpint", of a positive number: no needless zeros before it, and one where it would look negative. */
function integer(value: Buffer): Buffer {
  const first = value.findIndex((byte) => byte !== 0);
  const digits = value.subarray(first === -1 ? value.length : first);
  return string((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
}

function pad(buffer: Buffer): Buffer {
  const missing = (BLOCK_BYTES - (buffer.length % BLOCK_BYTES)) % BLOCK_BYTES;
  return Buffer.concat([buffer, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}
