//! Every vector through the codec for tokio-util, byte by byte and whole.

use bytes::{BufMut, Bytes, BytesMut};
use framing_core::codec::{DecimalHeader, FrameEncoder};
use framing_core::tokio::{CodecError, FrameCodec};
use futures_util::{SinkExt, StreamExt};
use tokio_util::codec::{Decoder, Framed, FramedRead};

use super::golden::{End, Vector, fail, vectors};
use super::{Seen, check};

fn codec(vector: &Vector) -> FrameCodec {
    FrameCodec::from_parts(FrameEncoder::new(vector.header.format()), vector.decoder())
}

/// Drives the codec as `FramedRead` does, with so many bytes for each read.
fn drive(vector: &Vector, size: usize) -> Seen {
    let mut codec = codec(vector);
    let stream = vector.stream.bytes();
    let (mut read, mut frames, mut fed) = (BytesMut::new(), Vec::new(), 0);
    let mut fault = None;
    'reads: for chunk in stream.chunks(size) {
        read.put_slice(chunk);
        fed += chunk.len();
        loop {
            match codec.decode(&mut read) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => {
                    fault = Some(error);
                    break 'reads;
                }
            }
        }
    }
    let end = match fault {
        Some(error) => Err(error),
        None => match codec.decode_eof(&mut read) {
            Ok(None) => Ok(()),
            Ok(Some(frame)) => fail(&vector.name, &frame),
            Err(error) => Err(error),
        },
    };
    assert!(read.is_empty(), "{}: the decoder has taken everything", vector.name);
    let end = end.map_err(|error| match error {
        CodecError::Frame(error) => error,
        CodecError::Io(error) => fail(&vector.name, &error),
    });
    let left: Bytes = codec.decoder_mut().take_buffered();
    Seen { frames, end, fed, left }
}

#[test]
fn every_vector_through_the_codec() {
    for vector in vectors() {
        for size in [1, vector.stream.bytes().len().max(1)] {
            check(&vector, &drive(&vector, size), &format!("by tokio-util, {size} bytes a read"));
        }
    }
}

#[test]
fn every_vector_through_a_framed_read() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        for vector in vectors() {
            let stream = vector.stream.bytes();
            let mut framed = FramedRead::new(&stream[..], codec(&vector));
            for expected in &vector.frames {
                match framed.next().await {
                    Some(Ok(frame)) => assert_eq!(frame, expected.bytes(), "{}", vector.name),
                    other => fail(&vector.name, &other),
                }
            }
            match (framed.next().await, &vector.end) {
                (None, End::Clean) => {}
                (Some(Err(CodecError::Frame(_))), End::Truncated { .. } | End::Error(_)) => {
                    assert!(framed.next().await.is_none(), "{}: an error ends it", vector.name);
                }
                (other, _) => fail(&vector.name, &other),
            }
        }
    });
}

#[test]
fn what_follows_a_frame_stays_in_the_read_buffer() {
    let mut codec = FrameCodec::new(DecimalHeader::default());
    let mut read = BytesMut::from(&b"5         hello and more"[..]);
    let frame = codec.decode(&mut read).expect("a good frame").expect("a whole one");
    assert_eq!((&frame[..], &read[..]), (&b"hello"[..], &b" and more"[..]));
}

#[test]
fn a_frame_over_the_limit_is_not_sent() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let (ours, theirs) = tokio::io::duplex(64);
        let codec = || FrameCodec::new(DecimalHeader::default()).with_max_frame_size(5);
        let mut ours = Framed::new(ours, codec().expect("a possible limit"));
        let mut theirs = Framed::new(theirs, codec().expect("a possible limit"));
        assert!(matches!(ours.send("hello!").await, Err(CodecError::Frame(_))));
        ours.send("hello").await.expect("it fits");
        drop(ours);
        assert_eq!(theirs.next().await.expect("a frame").expect("a good one"), "hello");
        assert!(theirs.next().await.is_none());
    });
}
