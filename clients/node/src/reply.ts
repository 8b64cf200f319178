// Replies as objects. A map arrives as a flat array of names and values, and its names become camel case: what the manual
// calls `lease-until` is `leaseUntil` here. Fields that this file does not know are kept.

import { decodeIfPossible, textOrBytes, type PayloadFormat } from './payload.js';

/** A map of the manual. Instants are Unix milliseconds, yes and no are 1 and 0. */
export interface Fields {
  [name: string]: unknown;
}

/** Fields of JQ.GET and others that are not text or numbers. */
const VALUES = ['payload', 'result', 'progress'];
const MAPS = ['history', 'holders', 'batches'];

/** A reply as an object; null stays null. */
export function toFields(reply: unknown, format: PayloadFormat): Fields | null {
  if (!Array.isArray(reply)) return null;
  const fields: Fields = {};
  for (const [name, value] of pairs(reply)) fields[camelCase(name)] = toValue(name, value, format);
  return fields;
}

/** The bytes and numbers of a map, under the names of the manual. */
export function toMap(reply: unknown): Map<string, unknown> {
  return new Map(pairs(reply as unknown[]));
}

/** The fields that an application has set, under its own names. */
export function toOwnFields(reply: unknown): Record<string, string | Buffer> {
  return Object.fromEntries([...pairs((reply ?? []) as unknown[])].map(([name, value]) => [name, textOrBytes(value as Buffer)]));
}

/** An integer of 64 bits, whatever the client makes of it; tokens and instants are below 2^53. */
export function toNumber(reply: unknown): number {
  return Number(reply instanceof Buffer ? reply.toString() : reply);
}

/** Text, and a number as text. */
export function toText(reply: unknown): string {
  return String(reply);
}

function* pairs(flat: unknown[]): Generator<[string, unknown]> {
  for (let at = 0; at < flat.length; at += 2) yield [toText(flat[at]), flat[at + 1]];
}

function toValue(name: string, value: unknown, format: PayloadFormat): unknown {
  if (name === 'fields') return toOwnFields(value);
  if (MAPS.includes(name) && Array.isArray(value)) return value.map((map) => toFields(map, format));
  if (value instanceof Buffer) return VALUES.includes(name) ? decodeIfPossible(value, format) : textOrBytes(value);
  return typeof value === 'bigint' ? Number(value) : value;
}

/** A name as the manual writes it. */
export function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
