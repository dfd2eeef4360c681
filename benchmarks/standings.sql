-- The standings of the 29 regimens, written by hand from rules/ for DuckDB: what benchmarks/cohort.py is timed against.
--
-- Of `facts` (a view on the table of narrowed facts) each column is one test: TRUE or FALSE where the facts settle it,
-- NULL where they leave it open. AND, OR and NOT of SQL carry the three truths as the rules mean them.
--
-- The comments name the rules. Where one of them cautions in every patient of the disease ("always:"), no other caution
-- can change the standing, and none is asked. When a rule changes a standing, the benchmark stops and names the
-- regimens that differ, until this file follows. No verb reads it.

CREATE OR REPLACE TEMP MACRO standing(offer, exclusion, caution) AS
    CASE WHEN NOT offer THEN 4                                         -- not-indicated
         WHEN exclusion THEN 3                                         -- excluded
         WHEN offer AND NOT exclusion THEN if(caution, 1, 0)           -- offered-with-caution, offered
         ELSE 2                                                        -- undetermined
    END::UTINYINT;

CREATE OR REPLACE TEMP VIEW standings AS
WITH

-- Findings (rules/findings.yaml) --------------------------------------------------------------------------------------

mutations AS (
    SELECT *,
        disease_nsclc AS nsclc,
        disease_sclc AS sclc,
        -- egfr-sensitising and egfr-mutated: an exon 20 insertion beside others is neither
        (egfr_ex19del OR egfr_L858R) AND NOT egfr_ex20ins AS egfr_sensitising,
        (egfr_ex19del OR egfr_L858R OR egfr_T790M OR egfr_C797S OR egfr_G719X OR egfr_S768I OR egfr_L861Q)
            AND NOT egfr_ex20ins AS egfr_mutated,
        egfr_wild_type AND alk_negative AND ros1_negative AS driver_negative,
        nrg1_positive OR other_drivers_RET OR other_drivers_MET_ex14 OR other_drivers_BRAF_V600E
            OR other_drivers_HER2 OR other_drivers_NTRK OR other_drivers_KRAS_G12C AS another_driver
    FROM facts
),

findings AS (
    SELECT *,
        egfr_sensitising OR alk_positive OR ros1_positive AS driver_positive,
        extent_metastatic OR (extent_locally_advanced AND curative_treatment_possible_false) AS advanced,
        extent_locally_advanced_or_metastatic AS locally_advanced_or_metastatic,
        histology_adenocarcinoma_or_adenosquamous_or_large_cell_or_nsclc_nos AS non_squamous,
        stage_IIIB_or_IIIC_or_IVA_or_IVB AS stage_iiib_to_iv,
        bleeding_risk_cavitation OR bleeding_risk_necrosis OR bleeding_risk_haemoptysis OR bleeding_risk_central
            OR bleeding_risk_major_vessel_invasion AS bleeding_features,
        prior_lines_0 AS untreated,
        prior_lines_1_to_20 AS treated,
        prior_lines_1 AS second_line,
        prior_lines_2_to_20 AS third_line_or_later,
        last_outcome_progressed AS progressing,
        prior_lines_1 AND last_outcome_completed AS first_line_controlled,
        NOT received_ici AS immunotherapy_naive,
        prior_lines_1 OR NOT received_platinum AS one_line_or_no_platinum
    FROM mutations
),

-- Settings: what several offers ask alike -----------------------------------------------------------------------------

settings AS (
    SELECT *,
        nsclc AND advanced AND driver_negative AND untreated AS first_line_driver_negative,
        nsclc AND advanced AND egfr_sensitising AND untreated AS first_line_egfr,
        nsclc AND advanced AND progressing AS nsclc_next_line,
        nsclc AND locally_advanced_or_metastatic AND egfr_sensitising AND progressing AND progressed_on_osimertinib
            AS after_osimertinib,
        nsclc AND advanced AND egfr_sensitising AND progressing AND progressed_on_egfr_tki AS after_egfr_tki,
        nsclc AND advanced AND egfr_sensitising AND progressing AND progressed_on_osimertinib
            AND progressed_on_platinum AS after_osimertinib_and_platinum,
        -- bevacizumab-{carboplatin-paclitaxel,platinum-pemetrexed}-after-targeted-therapy, -after-immunotherapy
        nsclc AND advanced AND progressing AND one_line_or_no_platinum
            AND (((driver_positive OR egfr_mutated) AND first_line_drugs_targeted)
                 OR (driver_negative AND first_line_drugs_ici)) AS doublet_after_targeted_or_immunotherapy
    FROM findings
),

-- Cautions that several regimens share; the disease is asked where they are used --------------------------------------

shared AS (
    SELECT *,
        -- every NSCLC regimen: nsclc-ecog-2, nsclc-ecog-3-4, another-driver-may-have-its-own-drug,
        -- no-third-generation-tki-yet, no-targeted-drug-yet
        ecog_2 OR ecog_3_to_4
            OR (driver_negative AND another_driver AND untreated)
            OR (egfr_mutated AND received_egfr_tki AND NOT received_egfr_tki_3g AND progressing)
            OR ((driver_positive OR egfr_mutated) AND NOT received_targeted AND progressing) AS any_nsclc,
        -- with bevacizumab: bevacizumab-in-adenosquamous-or-unspecified-histology, already-progressed-on-bevacizumab,
        -- nsclc-bleeding-features-with-antiangiogenic-drugs
        histology_adenosquamous_or_nsclc_nos OR progressed_on_bevacizumab OR bleeding_features AS with_bevacizumab,
        -- with a PD-(L)1 inhibitor: immunotherapy-after-curative-immunotherapy
        untreated AND received_in_curative_ici AS with_ici,
        -- an ICI together with another drug: contact-01-failed, leap-008-failed,
        -- immunotherapy-combination-after-immunotherapy-without-results
        progressed_on_ici AND progressing AS ici_combined,
        -- with an EGFR TKI: egfr-tki-after-curative-egfr-tki
        untreated AND received_in_curative_egfr_tki AS with_egfr_tki
    FROM settings
),

-- Each regimen: is it offered, and with caution? ----------------------------------------------------------------------

regimens AS (
    SELECT id,

        -- no-bevacizumab-in-squamous-disease, the one exclusion
        nsclc AND histology_squamous AS no_bevacizumab,

        -- NSCLC, first line, driver-negative --------------------------------------------------------------------------

        -- bevacizumab-carboplatin-paclitaxel-first-line, -after-targeted-therapy, -after-immunotherapy
        first_line_driver_negative OR doublet_after_targeted_or_immunotherapy AS bev_carbo_pac_offer,
        -- brain-metastases-with-bevacizumab-chemotherapy, bevacizumab-doublet-later-without-a-study,
        -- platinum-again, already-progressed-on-paclitaxel
        nsclc AND (any_nsclc OR with_bevacizumab OR brain_metastases_true OR treated OR received_platinum
            OR progressed_on_paclitaxel) AS bev_carbo_pac_caution,

        -- bevacizumab-platinum-pemetrexed-first-line, -after-targeted-therapy, -after-immunotherapy
        first_line_driver_negative OR doublet_after_targeted_or_immunotherapy AS bev_plat_pem_offer,
        -- as before, with already-progressed-on-pemetrexed
        nsclc AND (any_nsclc OR with_bevacizumab OR brain_metastases_true OR treated OR received_platinum
            OR progressed_on_pemetrexed) AS bev_plat_pem_caution,

        -- atezolizumab-bevacizumab-chemotherapy-first-line
        first_line_driver_negative AS atezo_bev_offer,
        -- as bevacizumab-carboplatin-paclitaxel, with already-progressed-on-atezolizumab
        nsclc AND (any_nsclc OR with_bevacizumab OR with_ici OR ici_combined OR brain_metastases_true OR treated
            OR received_platinum OR progressed_on_paclitaxel OR progressed_on_atezolizumab) AS atezo_bev_caution,

        -- pd-1-inhibitor-bevacizumab-first-line, -later-line
        first_line_driver_negative OR nsclc_next_line AS pd1_bev_offer,
        -- always: pd-1-inhibitor-bevacizumab-is-retrospective
        nsclc AS pd1_bev_caution,

        -- ivonescimab-first-line-pd-l1-positive, ivonescimab-first-line-any-pd-l1, ivonescimab-second-line
        (first_line_driver_negative AND pd_l1_tps_1_to_100)
            OR (first_line_driver_negative AND immunotherapy_naive)
            OR (nsclc_next_line AND second_line AND immunotherapy_naive) AS ivonescimab_offer,
        -- driver-positive-ivonescimab-alone, ivonescimab-alone-without-pd-l1,
        -- ivonescimab-alone-second-line-is-phase-ib, already-progressed-on-ivonescimab
        nsclc AND (any_nsclc OR bleeding_features OR with_ici OR ici_combined OR (driver_positive AND treated)
            OR pd_l1_tps_0 OR treated OR progressed_on_ivonescimab) AS ivonescimab_caution,

        -- sintilimab-anlotinib-first-line
        first_line_driver_negative AND stage_iiib_to_iv AS sintilimab_anlotinib_offer,
        -- always: sintilimab-anlotinib-fatal-pneumonitis, sintilimab-anlotinib-is-small
        nsclc AS sintilimab_anlotinib_caution,

        -- NSCLC, first line, EGFR-sensitising -------------------------------------------------------------------------

        -- erlotinib-bevacizumab-first-line, erlotinib-bevacizumab-second-line
        first_line_egfr OR (nsclc_next_line AND egfr_sensitising AND second_line AND NOT received_egfr_tki)
            AS erlotinib_bev_offer,
        -- erlotinib-bevacizumab-without-survival-gain, erlotinib-bevacizumab-second-line-is-a-subgroup,
        -- already-progressed-on-erlotinib
        nsclc AND (any_nsclc OR with_bevacizumab OR with_egfr_tki OR untreated OR treated OR progressed_on_erlotinib)
            AS erlotinib_bev_caution,

        -- gefitinib-bevacizumab-first-line
        first_line_egfr AS gefitinib_bev_offer,
        -- always: gefitinib-bevacizumab-is-small-without-survival-gain
        nsclc AS gefitinib_bev_caution,

        -- afatinib-bevacizumab-first-line
        first_line_egfr AS afatinib_bev_offer,
        -- always: afatinib-bevacizumab-dose-not-feasible, afatinib-bevacizumab-is-small
        nsclc AS afatinib_bev_caution,

        -- osimertinib-bevacizumab-first-line
        first_line_egfr AS osimertinib_bev_offer,
        -- always: osimertinib-bevacizumab-later-trials-negative, osimertinib-bevacizumab-added-nothing
        nsclc AS osimertinib_bev_caution,

        -- gefitinib-apatinib-first-line
        first_line_egfr AND non_squamous AS gefitinib_apatinib_offer,
        -- always: gefitinib-apatinib-is-small
        nsclc AS gefitinib_apatinib_caution,

        -- NSCLC, maintenance ------------------------------------------------------------------------------------------

        -- pemetrexed-bevacizumab-maintenance-after-bevacizumab-doublet; -after-pemetrexed-doublet asks only more
        nsclc AND advanced AND driver_negative AND first_line_controlled AND last_induction_drugs_bevacizumab
            AND last_induction_drugs_platinum AS pem_bev_offer,
        -- maintenance-after-induction-without-pemetrexed, brain-metastases-with-bevacizumab-chemotherapy,
        -- already-progressed-on-pemetrexed
        nsclc AND (any_nsclc OR with_bevacizumab OR NOT last_induction_drugs_pemetrexed OR brain_metastases_true
            OR progressed_on_pemetrexed) AS pem_bev_caution,

        -- NSCLC, after an EGFR TKI ------------------------------------------------------------------------------------

        -- amivantamab-chemotherapy-after-osimertinib, which overrides amivantamab-chemotherapy-after-another-egfr-tki
        after_osimertinib OR (after_egfr_tki AND NOT after_osimertinib) AS ami_chemo_offer,
        -- amivantamab-chemotherapy-on-the-approval-alone, platinum-again, already-progressed-on-amivantamab
        nsclc AND (any_nsclc OR (progressed_on_egfr_tki AND NOT progressed_on_osimertinib) OR received_platinum
            OR progressed_on_amivantamab) AS ami_chemo_caution,

        -- amivantamab-lazertinib-chemotherapy-after-osimertinib
        after_osimertinib AS ami_laz_chemo_offer,
        -- always: amivantamab-lazertinib-venous-thromboembolism
        nsclc AS ami_laz_chemo_caution,

        -- {subcutaneous,intravenous}-amivantamab-lazertinib-after-osimertinib-and-platinum
        after_osimertinib_and_platinum AS ami_laz_offer,
        -- always: amivantamab-lazertinib-venous-thromboembolism
        nsclc AS ami_laz_caution,

        -- ivonescimab-chemotherapy-after-egfr-tki
        nsclc AND non_squamous AND locally_advanced_or_metastatic AND egfr_mutated AND progressing
            AND progressed_on_egfr_tki AS ivonescimab_chemo_offer,
        -- ivonescimab-chemotherapy-after-chemotherapy, ivonescimab-chemotherapy-after-immunotherapy, platinum-again,
        -- already-progressed-on-ivonescimab, already-progressed-on-pemetrexed
        nsclc AND (any_nsclc OR bleeding_features OR with_ici OR ici_combined OR received_chemotherapy OR received_ici
            OR received_platinum OR progressed_on_ivonescimab OR progressed_on_pemetrexed) AS ivonescimab_chemo_caution,

        -- NSCLC, later lines ------------------------------------------------------------------------------------------

        -- anlotinib-third-line
        nsclc_next_line AND third_line_or_later AS anlotinib_offer,
        -- brain-metastases-with-anlotinib, already-progressed-on-anlotinib
        nsclc AND (any_nsclc OR bleeding_features OR brain_metastases_true OR progressed_on_anlotinib)
            AS anlotinib_caution,

        -- apatinib-third-line
        nsclc_next_line AND non_squamous AND third_line_or_later AS apatinib_offer,
        -- apatinib-beyond-the-third-line, already-progressed-on-apatinib
        nsclc AND (any_nsclc OR bleeding_features OR prior_lines_3_to_20 OR progressed_on_apatinib)
            AS apatinib_caution,

        -- camrelizumab-apatinib-after-chemotherapy, camrelizumab-apatinib-after-failed-chemotherapy
        nsclc_next_line AND ((treated AND received_chemotherapy) OR (third_line_or_later
            AND progressed_on_chemotherapy)) AS camrelizumab_apatinib_offer,
        -- always: camrelizumab-apatinib-is-small
        nsclc AS camrelizumab_apatinib_caution,

        -- lenvatinib-pembrolizumab-second-or-third-line
        nsclc_next_line AND prior_lines_1_to_2 AS lenvatinib_pembro_offer,
        -- always: lenvatinib-pembrolizumab-is-small
        nsclc AS lenvatinib_pembro_caution,

        -- atezolizumab-continued-beyond-progression
        nsclc AND locally_advanced_or_metastatic AND prior_lines_2_to_3 AND received_chemotherapy
            AND last_drugs_atezolizumab AND progressing AS atezo_beyond_offer,
        -- always: atezolizumab-beyond-progression-is-a-trend
        nsclc AS atezo_beyond_caution,

        -- pembrolizumab-after-nivolumab-third-or-fourth-line
        nsclc_next_line AND prior_lines_2_to_3 AND received_nivolumab AND NOT received_pembrolizumab
            AS pembro_after_nivo_offer,
        -- always: pembrolizumab-after-nivolumab-is-retrospective
        nsclc AS pembro_after_nivo_caution,

        -- zenocutuzumab-after-systemic-treatment
        nsclc_next_line AND nrg1_positive AND treated AS zenocutuzumab_offer,
        -- always: zenocutuzumab-is-small
        nsclc AS zenocutuzumab_caution,

        -- SCLC --------------------------------------------------------------------------------------------------------

        -- tarlatamab-{atezolizumab,durvalumab}-maintenance-after-chemoimmunotherapy
        sclc AND extent_extensive AND first_line_controlled AND last_induction_drugs_platinum
            AND last_induction_drugs_etoposide AND last_induction_drugs_pd_l1 AND last_cycles_4_to_6
            AS tarlatamab_maintenance_offer,
        -- always: tarlatamab-step-up-dose, tarlatamab-cytokine-release, tarlatamab-maintenance-is-phase-ib
        sclc AS tarlatamab_maintenance_caution,

        -- tarlatamab-second-line, tarlatamab-third-line-or-later
        sclc AND extent_extensive AND progressing
            AND ((second_line AND progressed_on_platinum) OR third_line_or_later) AS tarlatamab_offer,
        -- always: tarlatamab-step-up-dose, tarlatamab-cytokine-release
        sclc AS tarlatamab_caution,

        -- pm8002-paclitaxel-second-line
        sclc AND second_line AND progressing AS pm8002_pac_offer,
        -- always: pm8002-paclitaxel-is-small
        sclc AS pm8002_pac_caution,

        -- iza-bren-after-systemic-treatment
        sclc AND treated AND progressing AS iza_bren_offer,
        -- always: iza-bren-is-small
        sclc AS iza_bren_caution
    FROM shared
)

SELECT id,
    standing(afatinib_bev_offer, no_bevacizumab, afatinib_bev_caution) AS "afatinib-bevacizumab",
    standing(ami_laz_offer, FALSE, ami_laz_caution) AS "amivantamab-iv-lazertinib",
    standing(ami_laz_offer, FALSE, ami_laz_caution) AS "amivantamab-sc-lazertinib",
    standing(ami_laz_chemo_offer, FALSE, ami_laz_chemo_caution) AS "amivantamab-lazertinib-platinum-chemotherapy",
    standing(ami_chemo_offer, FALSE, ami_chemo_caution) AS "amivantamab-platinum-chemotherapy",
    standing(anlotinib_offer, FALSE, anlotinib_caution) AS "anlotinib",
    standing(apatinib_offer, FALSE, apatinib_caution) AS "apatinib",
    standing(atezo_bev_offer, no_bevacizumab, atezo_bev_caution) AS "atezolizumab-bevacizumab-carboplatin-paclitaxel",
    standing(atezo_beyond_offer, FALSE, atezo_beyond_caution) AS "atezolizumab-beyond-progression",
    standing(bev_carbo_pac_offer, no_bevacizumab, bev_carbo_pac_caution) AS "bevacizumab-carboplatin-paclitaxel",
    standing(bev_plat_pem_offer, no_bevacizumab, bev_plat_pem_caution) AS "bevacizumab-platinum-pemetrexed",
    standing(camrelizumab_apatinib_offer, FALSE, camrelizumab_apatinib_caution) AS "camrelizumab-apatinib",
    standing(erlotinib_bev_offer, no_bevacizumab, erlotinib_bev_caution) AS "erlotinib-bevacizumab",
    standing(gefitinib_apatinib_offer, FALSE, gefitinib_apatinib_caution) AS "gefitinib-apatinib",
    standing(gefitinib_bev_offer, no_bevacizumab, gefitinib_bev_caution) AS "gefitinib-bevacizumab",
    standing(ivonescimab_offer, FALSE, ivonescimab_caution) AS "ivonescimab",
    standing(ivonescimab_chemo_offer, FALSE, ivonescimab_chemo_caution) AS "ivonescimab-pemetrexed-carboplatin",
    standing(lenvatinib_pembro_offer, FALSE, lenvatinib_pembro_caution) AS "lenvatinib-pembrolizumab",
    standing(osimertinib_bev_offer, no_bevacizumab, osimertinib_bev_caution) AS "osimertinib-bevacizumab",
    standing(pd1_bev_offer, no_bevacizumab, pd1_bev_caution) AS "pd-1-inhibitor-bevacizumab",
    standing(pembro_after_nivo_offer, FALSE, pembro_after_nivo_caution) AS "pembrolizumab-after-nivolumab",
    standing(pem_bev_offer, no_bevacizumab, pem_bev_caution) AS "pemetrexed-bevacizumab-maintenance",
    standing(sintilimab_anlotinib_offer, FALSE, sintilimab_anlotinib_caution) AS "sintilimab-anlotinib",
    standing(zenocutuzumab_offer, FALSE, zenocutuzumab_caution) AS "zenocutuzumab",
    standing(iza_bren_offer, FALSE, iza_bren_caution) AS "iza-bren",
    standing(pm8002_pac_offer, FALSE, pm8002_pac_caution) AS "pm8002-paclitaxel",
    standing(tarlatamab_offer, FALSE, tarlatamab_caution) AS "tarlatamab",
    standing(tarlatamab_maintenance_offer, FALSE, tarlatamab_maintenance_caution)
        AS "tarlatamab-atezolizumab-maintenance",
    standing(tarlatamab_maintenance_offer, FALSE, tarlatamab_maintenance_caution)
        AS "tarlatamab-durvalumab-maintenance"
FROM regimens;
