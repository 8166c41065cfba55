//! Over real sockets: a pair of Unix ones, and TCP on loopback.
#![cfg(unix)]

use std::io::{self, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::codec::{DecimalHeader, Error, FrameDecoder, Stage};

const SOON: Duration = Duration::from_millis(30);

fn soon() -> Deadline {
    Deadline::after(Some(SOON))
}

fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

#[test]
fn receives_what_is_there_and_the_end() {
    for nonblocking in [false, true] {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(nonblocking).unwrap();
        theirs.write_all(b"hello").unwrap();
        let mut buffer = [0_u8; 3];
        for deadline in [Deadline::Never, Deadline::At(Instant::now())] {
            let count =
                receive(ours.as_fd(), &mut buffer[..], deadline, &mut IgnoreInterrupts).unwrap();
            assert_eq!(&buffer[..count], if deadline == Deadline::Never { &b"hel"[..] } else { b"lo" });
        }
        drop(theirs);
        assert_eq!(
            receive(ours.as_fd(), &mut buffer[..], Deadline::Now, &mut IgnoreInterrupts).unwrap(),
            0
        );
    }
}

#[test]
fn waits_until_the_deadline_and_not_longer() {
    for nonblocking in [false, true] {
        let (ours, _theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(nonblocking).unwrap();
        let start = Instant::now();
        let stop = receive(ours.as_fd(), &mut [0_u8][..], soon(), &mut IgnoreInterrupts);
        assert!(matches!(stop, Err(IoStop::TimedOut)), "{stop:?}");
        assert!(start.elapsed() >= SOON);
        let stop = receive(ours.as_fd(), &mut [0_u8][..], Deadline::Now, &mut IgnoreInterrupts);
        assert!(matches!(stop, Err(IoStop::WouldBlock)), "{stop:?}");
    }
}

#[test]
fn a_late_byte_ends_the_wait() {
    for deadline in [Deadline::Never, Deadline::after(Some(Duration::from_secs(60)))] {
        for nonblocking in [false, true] {
            let (ours, mut theirs) = tcp();
            ours.set_nonblocking(nonblocking).unwrap();
            let writer = thread::spawn(move || {
                thread::sleep(SOON);
                theirs.write_all(b"x").unwrap();
                theirs
            });
            let mut byte = [0_u8];
            assert_eq!(
                receive(ours.as_fd(), &mut byte[..], deadline, &mut IgnoreInterrupts).unwrap(),
                1
            );
            assert_eq!(byte, *b"x");
            writer.join().unwrap();
        }
    }
}

#[test]
fn readiness_is_told_from_its_absence() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let look = |interest| wait(ours.as_fd(), interest, Deadline::Now, &mut IgnoreInterrupts);
    assert!(look(Interest::Write).is_ok());
    assert!(matches!(look(Interest::Read), Err(IoStop::WouldBlock)));
    theirs.write_all(b"x").unwrap();
    assert!(look(Interest::Read).is_ok());
    drop(theirs);
    assert!(look(Interest::Read).is_ok());
}

#[test]
fn memory_need_not_be_initialised() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.write_all(b"hello").unwrap();
    let mut memory = Vec::<u8>::with_capacity(8);
    let space = memory.spare_capacity_mut();
    assert_eq!(receive(ours.as_fd(), space, Deadline::Never, &mut IgnoreInterrupts).unwrap(), 5);
    let mut copy = [0_u8; 5];
    theirs.write_all(b"again").unwrap();
    assert_eq!(
        receive(ours.as_fd(), &mut copy[..], Deadline::Never, &mut IgnoreInterrupts).unwrap(),
        5
    );
    assert_eq!(&copy, b"again");
}

#[test]
fn what_has_arrived_is_counted() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    assert_eq!(available(ours.as_fd()), 0);
    theirs.write_all(&[0; 1000]).unwrap();
    assert_eq!(available(ours.as_fd()), 1000);
}

#[test]
fn who_waits_wakes_when_the_connection_is_shut_down() {
    for deadline in [Deadline::Never, Deadline::after(Some(Duration::from_secs(60)))] {
        let (ours, _theirs) = tcp();
        let copy = ours.try_clone().unwrap();
        let waiting = thread::spawn(move || {
            receive(copy.as_fd(), &mut [0_u8][..], deadline, &mut IgnoreInterrupts).unwrap()
        });
        thread::sleep(SOON);
        shut_down(ours.as_fd()).unwrap();
        assert_eq!(waiting.join().unwrap(), 0);
    }
}

#[test]
fn more_slices_than_a_call_takes_arrive_in_order() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let pieces: Vec<Vec<u8>> =
        (0..5000_u32).map(|n| vec![b'a' + (n % 26) as u8; n as usize % 7]).collect();
    let expected = pieces.concat();
    let reader = thread::spawn(move || {
        let mut got = Vec::new();
        theirs.read_to_end(&mut got).unwrap();
        got
    });
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let progress = send(ours.as_fd(), &mut slices, Deadline::Never, &mut IgnoreInterrupts);
    assert!(progress.stop.is_none());
    assert_eq!(progress.sent, expected.len());
    drop(ours);
    assert_eq!(reader.join().unwrap(), expected);
}

#[test]
fn a_send_that_stops_says_exactly_how_far_it_got() {
    let header = b"9000000   ";
    let payload: Vec<u8> = (0..9_000_000_u32).map(|n| (n % 251) as u8).collect();
    let wire = [&header[..], &payload].concat();
    for (deadline, timed_out) in [(Deadline::Now, false), (soon(), true)] {
        let (ours, mut theirs) = tcp();
        let mut slices = [IoSlice::new(header), IoSlice::new(&payload)];
        let progress = send(ours.as_fd(), &mut slices, deadline, &mut IgnoreInterrupts);
        match progress.stop {
            Some(IoStop::TimedOut) => assert!(timed_out),
            Some(IoStop::WouldBlock) => assert!(!timed_out),
            other => panic!("{other:?}"),
        }
        assert!(progress.sent > 0 && progress.sent < wire.len());
        // The rest, by another call, once somebody reads.
        let reader = thread::spawn(move || {
            let mut got = Vec::new();
            theirs.read_to_end(&mut got).unwrap();
            got
        });
        let mut rest = [IoSlice::new(&wire[progress.sent..])];
        let progress = send(ours.as_fd(), &mut rest, Deadline::Never, &mut IgnoreInterrupts);
        assert!(progress.stop.is_none());
        drop(ours);
        assert!(reader.join().unwrap() == wire);
    }
}

/// Ends a call at its first interruption.
struct Impatient;

impl InterruptHandler for Impatient {
    fn interrupted(&mut self) -> io::Result<()> {
        Err(io::Error::other("enough"))
    }
}

#[test]
fn a_short_write_is_a_place_to_stop() {
    let payload = vec![b'x'; 9_000_000];
    let (ours, mut theirs) = tcp();
    let mut slices = [IoSlice::new(&payload)];
    let deadline = Deadline::after(Some(Duration::from_secs(60)));
    let progress = send(ours.as_fd(), &mut slices, deadline, &mut Impatient);
    assert!(matches!(&progress.stop, Some(IoStop::Io(error)) if error.to_string() == "enough"));
    drop(ours);
    let mut got = Vec::new();
    theirs.read_to_end(&mut got).unwrap();
    assert_eq!(got.len(), progress.sent);
}

#[test]
fn nothing_to_send_is_sent_at_once() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let mut slices = [IoSlice::new(b""), IoSlice::new(b"")];
    let progress = send(ours.as_fd(), &mut slices, Deadline::Now, &mut IgnoreInterrupts);
    assert!(progress.stop.is_none() && progress.sent == 0);
}

#[test]
fn a_peer_that_is_gone_is_an_error_and_no_signal() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(theirs);
    let progress =
        send(ours.as_fd(), &mut [IoSlice::new(b"x")], Deadline::Never, &mut IgnoreInterrupts);
    match progress.stop {
        Some(IoStop::Io(error)) => assert_eq!(error.kind(), io::ErrorKind::BrokenPipe),
        other => panic!("{other:?}"),
    }
}

fn next(
    socket: &UnixStream,
    decoder: &mut FrameDecoder,
    deadline: Deadline,
) -> Result<bytes::Bytes, ReceiveError> {
    receive_frame(socket.as_fd(), decoder, deadline, &mut IgnoreInterrupts)
}

#[test]
fn a_frame_and_not_a_byte_beyond_it() {
    let (mut ours, mut theirs) = UnixStream::pair().unwrap();
    let mut decoder = FrameDecoder::new(DecimalHeader::default());
    let large = vec![b'x'; 300_000];
    let writer = thread::spawn(move || {
        theirs.write_all(b"5         hello0         300000    ").unwrap();
        theirs.write_all(&large).unwrap();
        theirs.write_all(b"plain").unwrap();
    });
    assert_eq!(next(&ours, &mut decoder, Deadline::Never).unwrap(), "hello");
    assert_eq!(next(&ours, &mut decoder, Deadline::Never).unwrap(), "");
    assert_eq!(next(&ours, &mut decoder, Deadline::Never).unwrap().len(), 300_000);
    let mut rest = String::new();
    ours.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "plain");
    writer.join().unwrap();
}

#[test]
fn a_timeout_anywhere_loses_nothing() {
    let wire = b"5         hello";
    for cut in 0..wire.len() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut decoder = FrameDecoder::new(DecimalHeader::default());
        theirs.write_all(&wire[..cut]).unwrap();
        let stop = next(&ours, &mut decoder, Deadline::Now);
        assert!(matches!(stop, Err(ReceiveError::Stopped(IoStop::WouldBlock))), "{stop:?}");
        assert_eq!(decoder.buffered(), cut);
        theirs.write_all(&wire[cut..]).unwrap();
        assert_eq!(next(&ours, &mut decoder, Deadline::Now).unwrap(), "hello");
    }
}

#[test]
fn the_end_is_clean_only_between_frames() {
    let wire = b"5         hello";
    for cut in 0..=wire.len() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut decoder = FrameDecoder::new(DecimalHeader::default());
        theirs.write_all(&wire[..cut]).unwrap();
        drop(theirs);
        if cut == wire.len() {
            assert_eq!(next(&ours, &mut decoder, Deadline::Never).unwrap(), "hello");
        }
        match (next(&ours, &mut decoder, Deadline::Never), cut) {
            (Err(ReceiveError::Closed), 0 | 15) => {}
            (
                Err(ReceiveError::Codec(Error::TruncatedFrame { stage, expected, received, .. })),
                1..15,
            ) => {
                let header = (Stage::Header, 10, cut);
                let payload = (Stage::Payload, 5, cut.saturating_sub(10));
                assert_eq!((stage, expected, received), if cut < 10 { header } else { payload });
            }
            (other, _) => panic!("{other:?} after {cut} bytes"),
        }
    }
}

#[test]
fn what_is_refused_stays_refused() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let mut decoder = FrameDecoder::new(DecimalHeader::default());
    theirs.write_all(b"GET / HTTP/1.1").unwrap();
    for _ in 0..2 {
        let refused = next(&ours, &mut decoder, Deadline::Never);
        assert!(
            matches!(refused, Err(ReceiveError::Codec(Error::InvalidHeader { offset: 0, .. }))),
            "{refused:?}"
        );
    }
}

#[test]
fn a_deadline_covers_all_the_reads_of_a_frame() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    // A header that is not complete before the deadline.
    let mut decoder = FrameDecoder::new(DecimalHeader::new(4096).unwrap());
    let dripping = thread::spawn(move || {
        // One byte at a time, each long before the deadline; all of them long after it.
        while theirs.write_all(b"0").is_ok() {
            thread::sleep(SOON / 10);
        }
    });
    wait(ours.as_fd(), Interest::Read, Deadline::Never, &mut IgnoreInterrupts).unwrap();
    let start = Instant::now();
    let stop = next(&ours, &mut decoder, soon());
    assert!(matches!(stop, Err(ReceiveError::Stopped(IoStop::TimedOut))), "{stop:?}");
    assert!(start.elapsed() >= SOON);
    assert!(decoder.buffered() > 0);
    drop(ours);
    dripping.join().unwrap();
}
