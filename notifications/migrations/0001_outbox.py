from django.db import migrations, models

import privacy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("booked", "nomor diambil"),
                            ("rescheduled", "pindah jadwal"),
                            ("cancelled", "batal"),
                            ("reminder_day", "pengingat sehari sebelumnya"),
                            ("reminder_hours", "pengingat hari itu"),
                            ("called", "dipanggil"),
                            ("moved", "dipindahkan mal"),
                        ],
                        max_length=20,
                        verbose_name="jenis",
                    ),
                ),
                ("channel", models.CharField(max_length=12, verbose_name="saluran")),
                (
                    "address",
                    privacy.fields.EncryptedTextField(
                        editable=False, null=True, verbose_name="alamat"
                    ),
                ),
                ("language", models.CharField(default="id", max_length=5, verbose_name="bahasa")),
                ("context", models.JSONField(default=dict, editable=False)),
                ("about", models.CharField(max_length=40, verbose_name="tentang")),
                ("send_after", models.DateTimeField(verbose_name="kirim setelah")),
                ("not_after", models.DateTimeField(null=True, verbose_name="tidak setelah")),
                ("dedup_key", models.CharField(max_length=120)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("due", "menunggu"),
                            ("claimed", "sedang dikirim"),
                            ("sent", "terkirim"),
                            ("voided", "dibatalkan"),
                            ("expired", "kedaluwarsa"),
                            ("failed", "gagal"),
                        ],
                        default="due",
                        max_length=8,
                        verbose_name="keadaan",
                    ),
                ),
                ("claimed_until", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="percobaan")),
                (
                    "last_error",
                    models.CharField(blank=True, max_length=40, verbose_name="galat terakhir"),
                ),
                ("created_at", models.DateTimeField(verbose_name="dibuat")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="terkirim pada")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="berakhir pada")),
                ("rehearsal", models.BooleanField(default=False, verbose_name="latihan")),
                ("erased_at", models.DateTimeField(null=True, verbose_name="dihapus pada")),
            ],
            options={
                "verbose_name": "pesan",
                "verbose_name_plural": "pesan",
                "indexes": [
                    models.Index(fields=["about"], name="message_about"),
                    models.Index(
                        condition=models.Q(("state", "due")),
                        fields=["send_after"],
                        name="message_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "claimed")),
                        fields=["claimed_until"],
                        name="message_claimed",
                    ),
                    models.Index(
                        condition=models.Q(("ended_at__isnull", False), ("erased_at", None)),
                        fields=["ended_at"],
                        name="message_to_erase",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("dedup_key",), name="message_written_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["due", "claimed", "sent", "voided", "expired", "failed"])
                        ),
                        name="message_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("claimed_until__isnull", False), ("state", "claimed")),
                            models.Q(
                                models.Q(("state", "claimed"), _negated=True),
                                ("claimed_until", None),
                            ),
                            _connector="OR",
                        ),
                        name="only_a_claimed_message_has_a_lease",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("state__in", ["due", "claimed"])),
                            models.Q(
                                models.Q(("state__in", ["due", "claimed"]), _negated=True),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="message_ends_when_nothing_is_left_to_do",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sent_at__isnull", False), ("state", "sent")),
                            models.Q(models.Q(("state", "sent"), _negated=True), ("sent_at", None)),
                            _connector="OR",
                        ),
                        name="only_a_sent_message_has_sent_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("rehearsal", False), ("channel", "console"), _connector="OR"
                        ),
                        name="rehearsal_never_reaches_citizens",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("erased_at__isnull", False),
                            ("address__isnull", False),
                            _connector="OR",
                        ),
                        name="message_has_an_address_until_erased",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("erased_at", None),
                            models.Q(
                                ("address", None), ("context", {}), ("ended_at__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="erased_message_holds_nobody",
                    ),
                ],
            },
        ),
    ]
