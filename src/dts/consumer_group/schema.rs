//! What `dts_consumer_group` accepts, and what its configuration alone can tell.

use super::{NAME, PASSWORD, PASSWORD_WO, SUBSCRIPTION, USER, VERSION};
use crate::dts::endpoint::NOT_COMPARED;
use crate::framework::schema::OnChange;
use crate::framework::timeouts::{self, Operation};
use crate::framework::validate::{is_certainly_set, is_set};
use crate::framework::{Attribute, Block, Check, Diagnostic, Diagnostics, Object, Path, Schema};

// dts-api.md 2.11, CreateConsumerChannel.
/// Characters of a name, at most.
const LONGEST_NAME: usize = 128;
/// Characters of an account, at most.
const LONGEST_USER: usize = 16;

pub(super) fn schema() -> Schema {
    let text = |name: &str, description: &str| {
        Attribute::string(name)
            .describe(description)
            .check(Check::not_blank())
    };
    Schema::new(
        Block::new(
            "A consumer group of a DTS subscription (`CreateConsumerChannel`): with its id and account a Kafka client reads the changes, and DTS \
             remembers how far it has come. DTS makes, changes and deletes groups only while the subscription can be consumed (`Normal`).",
        )
        .attribute(Attribute::string("id").computed().stable().describe("Instance and group: `<dts_instance_id>:<consumer_group_id>`."))
        .attribute(
            text("dts_job_id", "Id of the subscription, such as `dts_subscription.<name>.id`. It or `dts_instance_id` is required. A change replaces the group.")
                .change(OnChange::Replaces)
                .optional_computed()
                .stable(),
        )
        .attribute(
            text("dts_instance_id", "Id of the subscription's instance. It or `dts_job_id` is required; of a subscription that is a `dts_subscription`, name that, so that a reset of it is noticed. A change replaces the group.")
                .change(OnChange::Replaces)
                .optional_computed()
                .stable(),
        )
        .attribute(Attribute::string("consumer_group_id").computed().stable().describe("Id of the group: the `group.id` of a Kafka client."))
        .attribute(
            text(NAME, "Name of the group, at most 128 characters; a subscription has one group of a name. Changed in place (`ModifyConsumerChannel`).")
                .change(OnChange::InPlace)
                .required()
                .check(name()),
        )
        .attribute(
            text(USER, "Account of the group: at most 16 letters, digits and `_`. Changed in place (`ModifyConsumerChannel`).")
                .change(OnChange::InPlace)
                .required()
                .check(user()),
        )
        .attribute(
            Attribute::string(PASSWORD)
                .change(OnChange::InPlace)
                .sensitive()
                .check(password())
                .describe("Password of the account: 8 to 32 characters of at least two kinds (upper case, lower case, digits, others); it is stored in the state. A change is made in place (`ModifyConsumerChannel`). Conflicts with `consumer_group_password_wo`, and one of them is required."),
        )
        .attribute(
            Attribute::string(PASSWORD_WO)
                .parameter("ConsumerGroupPassword")
                .change(NOT_COMPARED)
                .sensitive()
                .write_only()
                .check(password())
                .describe("Password of the account, which is stored nowhere (Terraform 1.11 and newer). Conflicts with `consumer_group_password`."),
        )
        .attribute(
            Attribute::number(VERSION)
                .local()
                .check(Check::whole())
                .change(OnChange::InPlace)
                .describe("Raise it to have a new `consumer_group_password_wo` used: a change sets the password in place."),
        )
        .attribute(crate::dts::operations_attribute())
        .block(timeouts::block(&[(Operation::Create, "20m"), (Operation::Update, "20m"), (Operation::Delete, "20m")]))
        .change(OnChange::InPlace),
    )
}

fn name() -> Check {
    Check::new(|value| match value.as_str() {
        Some(text) if text.chars().count() > LONGEST_NAME => Err(format!(
            "It has {} characters; DTS takes {LONGEST_NAME} at most.",
            text.chars().count()
        )),
        _ => Ok(()),
    })
}

fn user() -> Check {
    Check::new(|value| match value.as_str() {
        Some(text)
            if text.len() > LONGEST_USER || !text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') =>
        {
            Err(format!(
                "{text:?} is no account. Write at most {LONGEST_USER} letters, digits and underscores."
            ))
        }
        _ => Ok(()),
    })
}

/// Says nothing of the password itself.
fn password() -> Check {
    Check::new(|value| {
        let Some(text) = value.as_str() else { return Ok(()) };
        let kinds: [fn(&char) -> bool; 4] = [
            char::is_ascii_uppercase,
            char::is_ascii_lowercase,
            char::is_ascii_digit,
            |letter| !letter.is_ascii_alphanumeric(),
        ];
        let used = kinds
            .iter()
            .filter(|kind| text.chars().any(|letter| kind(&letter)))
            .count();
        if (8..=32).contains(&text.chars().count()) && used >= 2 {
            Ok(())
        } else {
            Err(
                "DTS does not take such a password. Write 8 to 32 characters of at least two kinds: upper case, lower case, digits, others."
                    .to_owned(),
            )
        }
    })
}

pub(super) fn validate(config: &Object, diagnostics: &mut Diagnostics) {
    let mut say = |name: &str, summary: &str, detail: &str| {
        diagnostics.push(Diagnostic::error(summary, detail).at(Path::attribute(name)));
    };
    if !SUBSCRIPTION.iter().any(|name| is_set(config, name)) {
        say(
            "dts_job_id",
            "Neither dts_job_id nor dts_instance_id is set",
            "A group belongs to a subscription. Set `dts_job_id`, such as `dts_subscription.<name>.id`, or `dts_instance_id`.",
        );
    }
    if is_certainly_set(config, PASSWORD) && is_certainly_set(config, PASSWORD_WO) {
        say(
            PASSWORD_WO,
            "consumer_group_password_wo cannot be set together with consumer_group_password",
            "Both give the account's password. Remove `consumer_group_password`, which would be stored in the state.",
        );
    }
    if !is_set(config, PASSWORD) && !is_set(config, PASSWORD_WO) {
        say(
            PASSWORD,
            "consumer_group_password is missing",
            "A group has an account with a password. Set `consumer_group_password`, or `consumer_group_password_wo` with its version.",
        );
    }
    if is_certainly_set(config, VERSION) && !is_set(config, PASSWORD_WO) {
        say(
            VERSION,
            "consumer_group_password_wo_version needs consumer_group_password_wo",
            "It says which password is in use. Set `consumer_group_password_wo`, or remove the version.",
        );
    }
    if is_certainly_set(config, PASSWORD_WO)
        && config.get(VERSION).is_null()
        && config.get(PASSWORD).is_null()
    {
        diagnostics.push(
            Diagnostic::warning(
                "A new consumer_group_password_wo would not be noticed",
                "It is stored nowhere, so that nothing tells a new one from the old. Write `consumer_group_password_wo_version = 1` beside it, \
                 and raise that with every new password.",
            )
            .at(Path::attribute(PASSWORD_WO)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Value;

    #[test]
    fn values_that_dts_takes() {
        let run = |check: Check, text: &str| check.run(&Value::from(text)).is_ok();
        for (text, fine) in [
            ("secret-1", true),
            ("Secretss", true),
            ("secrets1", true),
            ("secretss", false),
            ("12345678", false),
            ("short-1", false),
            ("far-too-long-for-any-consumer-group-1", false),
        ] {
            assert_eq!(run(password(), text), fine, "{text}");
            if !fine {
                assert!(!password().run(&Value::from(text)).unwrap_err().contains(text));
            }
        }
        for (text, fine) in [("reader_1", true), ("a-b", false), ("seventeen_letters", false)] {
            assert_eq!(run(user(), text), fine, "{text}");
        }
        assert!(run(name(), &"n".repeat(128)) && !run(name(), &"n".repeat(129)));
    }

    #[test]
    fn what_has_to_be_said() {
        let base = Object::new().with("dts_job_id", "j1").with(PASSWORD, "secret-1");
        let told = |config: &Object| {
            let mut diagnostics = Diagnostics::new();
            validate(config, &mut diagnostics);
            diagnostics
                .iter()
                .map(|problem| problem.path.clone().unwrap_or_default().to_string())
                .collect::<Vec<_>>()
        };
        assert!(told(&base).is_empty());
        for (config, path) in [
            (base.clone().with("dts_job_id", Value::Null), "dts_job_id"),
            (base.clone().with(PASSWORD, Value::Null), PASSWORD),
            (base.clone().with(PASSWORD_WO, "secret-2"), PASSWORD_WO),
            (base.clone().with(VERSION, 1), VERSION),
            (
                base.clone()
                    .with(PASSWORD, Value::Null)
                    .with(PASSWORD_WO, "secret-2"),
                PASSWORD_WO,
            ),
        ] {
            assert_eq!(told(&config), [path]);
        }
        assert!(told(&base.clone().with("dts_job_id", Value::Unknown)).is_empty());
        assert!(told(&base.with(PASSWORD, Value::Unknown)).is_empty());
    }
}
