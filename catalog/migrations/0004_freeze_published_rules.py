from django.db import migrations

FREEZE = """
CREATE FUNCTION catalog_rule_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM catalog_pricebookversion
        WHERE id IN (CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.version_id END,
                     CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.version_id END)
          AND state <> 'DRAFT'
    ) THEN
        RAISE EXCEPTION 'the rules of a price book can only be changed in a draft' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER rule_is_frozen BEFORE INSERT OR UPDATE OR DELETE ON catalog_pricerule
    FOR EACH ROW EXECUTE FUNCTION catalog_rule_is_frozen();

CREATE FUNCTION catalog_price_book_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published price book is never changed' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER price_book_is_frozen BEFORE UPDATE OR DELETE ON catalog_pricebookversion
    FOR EACH ROW WHEN (OLD.state = 'PUBLISHED') EXECUTE FUNCTION catalog_price_book_is_frozen();
"""
THAW = """
DROP TRIGGER price_book_is_frozen ON catalog_pricebookversion;
DROP FUNCTION catalog_price_book_is_frozen;
DROP TRIGGER rule_is_frozen ON catalog_pricerule;
DROP FUNCTION catalog_rule_is_frozen;
"""


class Migration(migrations.Migration):
    """Orders were sold by what was published: the database keeps it as it was."""

    dependencies = [("catalog", "0003_cost_of_offers")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
