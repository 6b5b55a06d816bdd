//! What the kernel knows of the other end of a TCP connection.
//!
//! Asking it takes unsafe code, which figcast forbids itself: this crate is that one call and nothing else.

use std::time::Duration;

pub use system::look;

/// The other end of a connection at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Whether it was sent something, data or a question whether it has room again, that it has not
    /// acknowledged. An end that is there owes an answer for a round trip.
    pub owes: bool,
    /// How long ago it last acknowledged anything.
    pub silent: Duration,
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::mem::{MaybeUninit, size_of};
    use std::os::fd::{AsFd, AsRawFd as _};
    use std::time::Duration;

    use super::Peer;

    /// Asks the kernel; no word leaves the machine. Systems other than Linux say that nothing is owed.
    ///
    /// # Errors
    /// Those of the system, as for a descriptor that is no TCP socket.
    pub fn look(socket: &impl AsFd) -> io::Result<Peer> {
        let socket = socket.as_fd();
        let mut info = MaybeUninit::<libc::tcp_info>::zeroed();
        let mut length = libc::socklen_t::try_from(size_of::<libc::tcp_info>())
            .expect("a struct of a few hundred bytes");
        // SAFETY: the descriptor is open while it is borrowed, and the kernel writes at most `length` bytes.
        let result = unsafe {
            libc::getsockopt(
                socket.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                info.as_mut_ptr().cast(),
                &raw mut length,
            )
        };
        if result != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was zeroed and holds integers only, so that any bytes are valid, also where an older
        // kernel has written fewer.
        let info = unsafe { info.assume_init() };
        // Data in flight that was sent before the last acknowledgement is not waiting for one: the kernel
        // rests between two retransmissions to an end that has no room.
        let unanswered =
            info.tcpi_unacked > 0 && info.tcpi_last_data_sent < info.tcpi_last_ack_recv;
        // One question is not enough: Linux answers no two of them within half a second, and any may be lost.
        let unheard = info.tcpi_probes >= 2;
        Ok(Peer {
            owes: unanswered || unheard,
            silent: Duration::from_millis(info.tcpi_last_ack_recv.into()),
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;
    use std::time::Duration;

    use super::Peer;

    /// Says that nothing is owed.
    ///
    /// # Errors
    /// None.
    pub fn look<S>(_: &S) -> io::Result<Peer> {
        Ok(Peer { owes: false, silent: Duration::ZERO })
    }
}
