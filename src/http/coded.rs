//! Answers that end, in the coding that their client likes best. What has a tag is compressed once for all who ask for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use actix_web::http::header::CONTENT_ENCODING;
use actix_web::{HttpRequest, HttpResponseBuilder};
use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::negotiation;
use crate::codec::{self, Coding};

/// Shorter answers are not compressed for a client that takes them as they are: they fit into a packet in any case.
const SMALL: usize = 1_024;
/// Longer answers take milliseconds, in which no stream of the worker would be served.
const LARGE: usize = 64 * 1_024;
/// Most bytes of answers whose compressed forms are kept, counted as they were before.
const MOST_KEPT: usize = 32 << 20;

/// Codes answers, and keeps what has been compressed lately.
#[derive(Debug)]
pub struct AnswerCoder {
    /// The codings besides identity, the preferred one first.
    codings: Arc<[Coding]>,
    kept: Mutex<KeptAnswers>,
}

#[derive(Debug, Default)]
struct KeptAnswers {
    /// The oldest first. There are few, as each has more than a thousand bytes and most are figures.
    answers: VecDeque<KeptAnswer>,
    bytes: usize,
}

#[derive(Debug)]
struct KeptAnswer {
    tag: String,
    coding: Coding,
    /// Bytes before they were compressed.
    plain: usize,
    coded: Arc<OnceLock<Bytes>>,
}

/// A body, and the coding that it is in.
#[derive(Debug)]
pub struct CodedAnswer {
    coding: Coding,
    /// The bytes to send.
    pub bytes: Bytes,
}

impl AnswerCoder {
    /// Offers these codings besides identity.
    #[must_use]
    pub fn new(codings: Arc<[Coding]>) -> Self {
        Self { codings, kept: Mutex::default() }
    }

    /// `plain` for the client of `request`; `tag` names it among all answers of the process, if anything does.
    pub async fn code(
        &self,
        request: &HttpRequest,
        tag: Option<&str>,
        plain: Bytes,
    ) -> CodedAnswer {
        let takes_plain = || negotiation::coding(request, []).is_some();
        // A client that takes none of them is answered by the envelope.
        let coding = match negotiation::among(request, &self.codings) {
            Some(coding) if plain.len() >= SMALL || !takes_plain() => coding,
            _ => Coding::Identity,
        };
        if coding == Coding::Identity {
            return CodedAnswer { coding, bytes: plain };
        }
        let cell = tag.map(|tag| self.kept(tag, coding, plain.len())).unwrap_or_default();
        let code = {
            let plain = plain.clone();
            move || cell.get_or_init(|| codec::whole(coding, &plain)).clone()
        };
        let coded = if plain.len() > LARGE { spawn_blocking(code).await } else { Ok(code()) };
        match coded {
            Ok(bytes) => CodedAnswer { coding, bytes },
            // The compressor has panicked, which is in the log.
            Err(_) => CodedAnswer { coding: Coding::Identity, bytes: plain },
        }
    }

    /// Where an answer is kept once it is compressed.
    fn kept(&self, tag: &str, coding: Coding, plain: usize) -> Arc<OnceLock<Bytes>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |kept: &&KeptAnswer| kept.coding == coding && kept.tag == tag;
        if let Some(answer) = kept.answers.iter().rev().find(is_it) {
            return Arc::clone(&answer.coded);
        }
        let coded = Arc::default();
        if plain > MOST_KEPT {
            return coded;
        }
        kept.bytes += plain;
        while kept.bytes > MOST_KEPT
            && let Some(oldest) = kept.answers.pop_front()
        {
            kept.bytes -= oldest.plain;
        }
        let answer = KeptAnswer { tag: tag.to_owned(), coding, plain, coded: Arc::clone(&coded) };
        kept.answers.push_back(answer);
        coded
    }
}

impl CodedAnswer {
    /// Names the coding in the head of the answer.
    pub fn tell(&self, response: &mut HttpResponseBuilder) {
        if self.coding != Coding::Identity {
            response.insert_header((CONTENT_ENCODING, self.coding.token()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::test::TestRequest;
    use bytes::Bytes;

    use super::{AnswerCoder, MOST_KEPT};
    use crate::codec::Coding;

    fn coder() -> AnswerCoder {
        AnswerCoder::new([Coding::Zstd, Coding::Gzip].into())
    }

    async fn coded(coder: &AnswerCoder, tag: &str, len: usize, accepted: &str) -> (Coding, Bytes) {
        let request = TestRequest::default().insert_header(("accept-encoding", accepted));
        let answer = coder.code(&request.to_http_request(), Some(tag), vec![7; len].into()).await;
        (answer.coding, answer.bytes)
    }

    #[tokio::test]
    async fn an_answer_is_compressed_once_for_each_coding() {
        let coder = coder();
        for len in [2_000, 200_000] {
            let tag = len.to_string();
            let (coding, first) = coded(&coder, &tag, len, "gzip").await;
            assert_eq!(coding, Coding::Gzip);
            let (_, again) = coded(&coder, &tag, len, "gzip").await;
            assert_eq!(first.as_ptr(), again.as_ptr(), "the same bytes");
            let (coding, other) = coded(&coder, &tag, len, "gzip, zstd").await;
            assert!(coding == Coding::Zstd && other.as_ptr() != first.as_ptr());
            let (_, of_another_tag) = coded(&coder, "other", len, "gzip").await;
            assert_ne!(of_another_tag.as_ptr(), first.as_ptr());
        }
    }

    #[tokio::test]
    async fn a_small_answer_is_compressed_only_for_those_who_refuse_it_as_it_is() {
        let coder = coder();
        assert_eq!(coded(&coder, "a", 100, "gzip, zstd").await.0, Coding::Identity);
        assert_eq!(coded(&coder, "a", 100, "gzip, identity;q=0").await.0, Coding::Gzip);
        assert_eq!(coded(&coder, "a", 9_000, "identity;q=0, br").await.0, Coding::Identity);
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded() {
        let coder = coder();
        let first = coder.kept("0", Coding::Gzip, MOST_KEPT / 4);
        for tag in 1..=4 {
            coder.kept(&tag.to_string(), Coding::Gzip, MOST_KEPT / 4);
        }
        assert!(!Arc::ptr_eq(&first, &coder.kept("0", Coding::Gzip, MOST_KEPT / 4)), "it went");
        let large = coder.kept("large", Coding::Gzip, MOST_KEPT + 1);
        assert!(!Arc::ptr_eq(&large, &coder.kept("large", Coding::Gzip, MOST_KEPT + 1)));
        let kept = coder.kept.lock().expect("no panic");
        assert!(kept.bytes <= MOST_KEPT && kept.answers.len() == 4);
    }
}
