//! A peer that frames with tokio-util's `LengthDelimitedCodec`. `tests/interop_peers.py` says what it is told on
//! stdin, and what it says on stdout.

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio_util::bytes::Bytes;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    for line in io::stdin().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let end = runtime.block_on(async {
            let stream = match words[..] {
                ["listen", _, _] => accepted().await?,
                ["connect", _, _, port] => {
                    TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse()?)).await?
                }
                _ => return Err(format!("unknown command: {line}").into()),
            };
            stream.set_nodelay(true)?;
            let framed = Framed::new(stream, codec(words[1], words[2].parse()?)?);
            Ok::<_, Box<dyn Error>>(served(framed).await)
        })?;
        println!("{}", end.map_or_else(|error| format!("error: {error}"), str::to_owned));
    }
    Ok(())
}

/// The first connection to a port that is told.
async fn accepted() -> io::Result<TcpStream> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(listener.accept().await?.0)
}

/// The options by the names that the tests have for them; a limit of 0 is the codec's own.
fn codec(name: &str, limit: usize) -> Result<LengthDelimitedCodec, Box<dyn Error>> {
    let mut builder = LengthDelimitedCodec::builder();
    match name {
        "default" => &mut builder,
        "little" => builder.little_endian(),
        "two" => builder.length_field_type::<u16>(),
        // As PostgreSQL has it: a type, and a length that counts itself.
        "typed" => builder.length_field_offset(1).length_adjustment(-4),
        // The same, and the header is handed on. The adjustment counts from the frame's first byte then.
        "kept" => builder.length_field_offset(1).length_adjustment(1).num_skip(0),
        _ => return Err(format!("unknown format: {name}").into()),
    };
    if limit > 0 {
        builder.max_frame_length(limit);
    }
    Ok(builder.new_codec())
}

/// Answers each frame until the stream ends or somebody finds something wrong.
async fn served(mut framed: Framed<TcpStream, LengthDelimitedCodec>) -> io::Result<&'static str> {
    while let Some(frame) = framed.next().await {
        let frame = frame?;
        framed.send(answer(&frame)).await?;
        if frame == b"bye"[..] {
            break;
        }
    }
    Ok("clean")
}

fn answer(frame: &[u8]) -> Bytes {
    let size =
        frame.strip_prefix(b"send ").and_then(|size| std::str::from_utf8(size).ok()?.parse().ok());
    match size {
        Some(size) => vec![b'x'; size].into(),
        None => frame.iter().rev().copied().collect(),
    }
}
