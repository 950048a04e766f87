"""E-mail over the SMTP server of the settings (EMAIL_URL, EMAIL_TIMEOUT)."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from notifications.channels.base import Outgoing, SendFailed, channel


@channel("email")
def send(message: Outgoing) -> None:
    """Send one plain text message. SMTP answers become codes: their texts quote addresses."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    mail = EmailMessage(
        message.subject,
        message.body,
        to=[message.address],
        headers={
            # The same at every try: mail programs drop the second copy.
            "Message-ID": f"<{message.reference}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = min((code for code, _ in error.recipients.values()), default=0)
        raise SendFailed(f"smtp_{code}", permanent=code >= 500) from None
    except smtplib.SMTPAuthenticationError as error:
        raise SendFailed(f"smtp_{error.smtp_code}", down=True) from None
    except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError):
        raise SendFailed("disconnected", down=True) from None
    except smtplib.SMTPResponseException as error:
        raise SendFailed(f"smtp_{error.smtp_code}") from None
    except smtplib.SMTPException:
        raise SendFailed("smtp") from None
    except TimeoutError:
        raise SendFailed("timeout", down=True) from None
    except ValueError:
        raise SendFailed("bad_address", permanent=True) from None
    except OSError:
        raise SendFailed("unreachable", down=True) from None
