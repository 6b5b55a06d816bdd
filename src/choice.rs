//! Options with a closed set of named values, and the sentences that explain them.
//!
//! [`choice!`] makes the enum, its names and, of its doc comments, its explanations: what the parser
//! takes, what rustdoc says and what `GET /views` says cannot drift apart.

/// A type of named values, of which a query gives one.
pub trait Choice: Copy + Default + 'static {
    /// What is chosen, for people.
    const ABOUT: &'static str;
    /// Every value, in the order in which it is offered.
    const VALUES: &'static [Self];

    /// The value's name in queries and view keys.
    fn name(self) -> &'static str;

    /// What the value means, for people.
    fn about(self) -> &'static str;
}

/// Declares a [`Choice`]. Doc comments are sentences for the users of the server.
macro_rules! choice {
    ($(#[$attr:ident $(= $doc:literal)? $(($($arg:tt)*))?])+ $name:ident {
        $($(#[$vattr:ident $(= $vdoc:literal)?])+ $variant:ident = $text:literal,)+
    }) => {
        $(#[$attr $(= $doc)? $(($($arg)*))?])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub enum $name { $($(#[$vattr $(= $vdoc)?])+ $variant,)+ }

        impl $name {
            /// Every value, in the order in which it is offered.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The name used in queries and view keys.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl $crate::choice::Choice for $name {
            const ABOUT: &'static str = concat!($($($doc,)?)+).trim_ascii();
            const VALUES: &'static [Self] = &Self::ALL;

            fn name(self) -> &'static str {
                self.as_str()
            }

            fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($($vdoc,)?)+).trim_ascii(),)+ }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::Choice as _;

    choice! {
        /// What there is
        /// to eat.
        Dish {
            /// With butter.
            #[default]
            Bread = "bread",
            /// Of today,
            /// and hot.
            Soup = "soup",
        }
    }

    #[test]
    fn doc_comments_are_the_explanations() {
        assert_eq!(Dish::ABOUT, "What there is to eat.");
        assert_eq!(Dish::VALUES, Dish::ALL);
        assert_eq!(Dish::Soup.about(), "Of today, and hot.");
        assert_eq!((Dish::default().name(), Dish::Soup.name()), ("bread", "soup"));
    }
}
