"""What happens across the apps, from a case that comes in to the model that learns from it.

    intake     a submission becomes a case and a decision
    settling   people's answers become labels and decisions, and are taken back
    learning   a training run becomes a certified release in force
    setup      a workflow is made, from a form or a file, and filled with a history
    export     cases, decisions and labels as files
    reading    the case list, the timeline of a case, and who may see what of it
    doors      REST API, pages and jobs whose work crosses apps

Read `intake.submit` first.
"""
