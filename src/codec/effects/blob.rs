//! How a blob of effects begins: the version of its rules and a checksum.
//!
//! The checksum finds bytes that a disk or a network has changed, which would otherwise be applied as if the primary
//! had decided them: an append-only file has no checksum of its own. It is no protection against forgers.

use super::VERSION;
use crate::codec::wire::Decoder;
use crate::codec::DecodeError;
use xxhash_rust::xxh3::xxh3_64;

/// The bytes of version and checksum.
const HEAD: usize = 5;

/// A blob without effects and with room for its checksum.
pub(super) fn begin(blob: &mut Vec<u8>) {
    blob.extend_from_slice(&[VERSION, 0, 0, 0, 0]);
}

/// Writes the checksum of a blob that is complete into its head. Public for tests that change a blob.
pub fn seal(blob: &mut [u8]) {
    if let Some(([_, sum @ ..], rest)) = blob.split_first_chunk_mut::<HEAD>() {
        *sum = checksum(rest);
    }
}

/// What follows the head, if the blob is of this version and as it was written.
pub(super) fn open(blob: &[u8]) -> Result<Decoder<'_>, DecodeError> {
    match blob.first() {
        Some(&VERSION) => {}
        Some(&version) if version < VERSION => return Err(DecodeError::Older(version)),
        Some(&version) => return Err(DecodeError::Newer(version)),
        None => return Err(DecodeError::Damaged("empty")),
    }
    let Some(([_, sum @ ..], rest)) = blob.split_first_chunk::<HEAD>() else {
        return Err(DecodeError::Damaged("it ends too early"));
    };
    if *sum != checksum(rest) {
        return Err(DecodeError::Damaged("its checksum is wrong"));
    }
    Ok(Decoder::new(rest))
}

/// The low half of XXH3, which costs a small command less than its encoding does; a table of CRC-32 would cost more.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let [low @ .., _, _, _, _] = xxh3_64(bytes).to_le_bytes();
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(rest: &[u8]) -> Vec<u8> {
        let mut blob = Vec::new();
        begin(&mut blob);
        blob.extend_from_slice(rest);
        seal(&mut blob);
        blob
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let blob = sealed(b"what a small command has for its replicas");
        assert!(open(&blob).is_ok());
        for bit in 8..blob.len() * 8 {
            let mut damaged = blob.clone();
            if let Some(byte) = damaged.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
            assert_eq!(
                open(&damaged).err(),
                Some(DecodeError::Damaged("its checksum is wrong")),
                "bit {bit}"
            );
        }
    }

    #[test]
    fn missing_and_swapped_bytes_are_found() {
        let blob = sealed(b"aaaaaaaabbbbbbbbccccccccdddd");
        for end in 1..blob.len() {
            assert!(blob.get(..end).is_some_and(|cut| open(cut).is_err()), "cut at {end}");
        }
        let mut swapped = blob.clone();
        swapped.get_mut(HEAD..).into_iter().for_each(|rest| rest.rotate_left(8));
        assert!(open(&swapped).is_err());
    }

    #[test]
    fn other_versions_are_refused() {
        assert_eq!(open(&[1, 1, 18]).err(), Some(DecodeError::Older(1)));
        assert_eq!(open(&[VERSION + 1, 0, 0, 0, 0, 1]).err(), Some(DecodeError::Newer(VERSION + 1)));
        assert_eq!(open(&[VERSION]).err(), Some(DecodeError::Damaged("it ends too early")));
    }
}
